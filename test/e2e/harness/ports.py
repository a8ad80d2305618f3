"""Ports that are free now, for programs that cannot be told "any" (etcd, kube-apiserver)."""
import socket


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()
