"""Debian's nginx as a TCP balancer: round-robin, each connection to the next backend, whether that answers or not."""
import pathlib
import signal

from .ports import free_ports
from .process import Process
from .waiting import wait_until

_CONFIGURATION = """
load_module {root}usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log notice;
events {{ worker_connections 4096; }}
stream {{
  upstream replicas {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    proxy_pass replicas;
    proxy_connect_timeout 2s;
    # As kube-proxy: whoever's turn it is.
    proxy_next_upstream off;
  }}
}}
"""


class NginxBalancer:
    """As Balancer; connections that there are stay when the backends change."""

    def __init__(self, root, directory, *ports):
        """`root`: where the packages are unpacked."""
        self._root, self._directory = root, pathlib.Path(directory)
        self._directory.mkdir(parents=True)
        self.port, = free_ports(1)
        self._configure(ports)
        self._loads = 1
        self._process = Process("nginx", [f"{root}usr/sbin/nginx", "-p", str(self._directory), "-c", str(self._file),
                                          "-e", str(self._directory / "error.log")], self._directory / "nginx.log")
        self._await_load()

    def send_to(self, *ports):
        """In use when this returns."""
        self._configure(ports)
        self._loads += 1
        self._process.signal(signal.SIGHUP)
        self._await_load()

    def close(self):
        self._process.stop()

    @property
    def _file(self):
        return self._directory / "nginx.conf"

    def _configure(self, ports):
        servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
        self._file.write_text(_CONFIGURATION.format(root=self._root, directory=self._directory, servers=servers, port=self.port))

    def _await_load(self):
        """Each load starts its own worker, and says so."""
        log = self._directory / "error.log"
        wait_until(lambda: self._process.check_alive() and log.exists() and
                   log.read_text().count("start worker processes") >= self._loads, "nginx with its configuration")
