"""Ports for programs that cannot be told "any" (etcd, kube-apiserver), and that come back to theirs after a restart."""
import fcntl
import os
import pathlib
import random
import socket
import tempfile

_FIRST = 10240
_reserved = []  # open files, each locked until this process ends


def free_ports(count):
    """Reserved for this process: others that ask here do not get them, and they lie below those that the kernel gives to connections, which
    could take one while its program is not listening yet."""
    ports = []
    while len(ports) < count:
        port = random.randrange(_FIRST, _first_ephemeral())
        if _reserve(port) and _is_free(port):
            ports.append(port)
    return ports


def _first_ephemeral():
    return int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def _reserve(port):
    directory = pathlib.Path(tempfile.gettempdir(), f"irsa-e2e-ports-{os.getuid()}")
    directory.mkdir(exist_ok=True)
    file = open(directory / str(port), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    _reserved.append(file)
    return True


def _is_free(port):
    with socket.socket() as opened:
        try:
            opened.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
