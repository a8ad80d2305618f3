"""A real Prometheus on loopback."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import yaml

from .ports import free_ports
from .process import Process

FOLDER = os.environ.get("IRSA_PROMETHEUS", "")  # of prometheus and promtool; empty where Debian's package could not be had


class Prometheus:
    """With this configuration, its files in `directory`; close() ends it."""

    def __init__(self, directory, **configuration):
        port, = free_ports(1)
        file = directory / "prometheus.yaml"
        file.write_text(yaml.safe_dump(configuration))
        self._url = f"http://127.0.0.1:{port}"
        self._process = Process("prometheus", [
            f"{FOLDER}/prometheus", f"--config.file={file}", f"--storage.tsdb.path={directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}"], directory / "prometheus.log")
        self.close = self._process.stop
        self.check_alive = self._process.check_alive

    def query(self, expression):
        """The result now, as ask()."""
        return self.ask("query", "result", query=expression)

    def ask(self, path, field, **parameters):
        """A field of the answer's data; None while Prometheus does not answer. A query that it refuses is an error."""
        try:
            with urllib.request.urlopen(f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
                return json.load(answer)["data"][field]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error
        except OSError:
            return None
