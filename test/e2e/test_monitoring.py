"""The alert rules and the dashboard against promtool, and against a real scrape of a running irsa by a real Prometheus."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

import yaml

from .harness.prometheus import FOLDER as PROMETHEUS
from .harness.prometheus import Prometheus
from .harness.rendering import CHART, DEPLOY
from .harness.waiting import wait_until
from .harness.webhook import CertificateFiles, Server

ROOT = DEPLOY.parent
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
# Names as Prometheus and Grafana's queries write them; the last word of a histogram's is a series of its own.
METRIC = re.compile(r"\b(?:irsa|process|apiserver)_[a-z0-9_]+")


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels():
    return [panel for panel in json.loads((DEPLOY / "grafana" / "irsa.json").read_text())["panels"] if panel["type"] != "row"]


def dashboard_queries():
    """Title and PromQL, Grafana's variables as they are by default."""
    return [(panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$namespace", ".*"))
            for panel in panels() for target in panel["targets"]]


class Files(unittest.TestCase):
    def test_operators_rules_and_the_charts_are_the_plain_ones(self):
        plain = yaml.safe_load(ALERTS.read_text())
        self.assertEqual(yaml.safe_load((DEPLOY / "prometheus" / "prometheus-rule.yaml").read_text())["spec"], plain)
        self.assertEqual(yaml.safe_load((CHART / "files" / "alerts.yaml").read_text()), plain)


    def test_dashboard_is_whole(self):
        identifiers = [panel["id"] for panel in panels()]
        self.assertEqual(len(identifiers), len(set(identifiers)))
        for panel in panels():
            with self.subTest(panel["title"]):
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24)
                self.assertTrue(all(target["datasource"] == panel["datasource"] for target in panel["targets"]))


@unittest.skipUnless(PROMETHEUS, "no Prometheus: Debian's package of it could not be had")
class Promtool(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run([f"{PROMETHEUS}/promtool", *map(str, arguments)], text=True, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_rules_are_valid(self):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", ALERTS)

    def test_rules_fire_when_they_should(self):
        for file in (ALERTS, ROOT / "test" / "e2e" / "data" / "alerts_test.yaml"):
            shutil.copy(file, self.directory)
        self.promtool("test", "rules", self.directory / "alerts_test.yaml")

    def test_every_alert_has_a_case_in_which_it_fires(self):
        cases = (ROOT / "test" / "e2e" / "data" / "alerts_test.yaml").read_text()
        self.assertEqual([rule["alert"] for rule in rules() if f'{{alertname="{rule["alert"]}"}}' not in cases], [])

    def test_dashboards_queries_are_valid(self):
        recorded = [{"record": f"panel:{number}", "expr": query} for number, (_, query) in enumerate(dashboard_queries())]
        file = self.directory / "dashboard.yaml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
        self.promtool("check", "rules", file)


class Scrape(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        binary = os.environ["IRSA_BINARY"]
        # Nobody answers it there: what it counts of that is the same as of an apiserver.
        cls.webhook = Server(binary, cls.directory / "webhook", *CertificateFiles(binary, cls.directory / "certs").flags,
                             "--kube-api=http://127.0.0.1:1")
        cls.addClassCleanup(cls.webhook.close)
        wait_until(lambda: cls.webhook.total("irsa_kube_requests_total") > 0, "a request to the apiserver")

    def known_metrics(self):
        """Those that it shows, and the one that it shows only where a leader has found pods (test_audit has it do so)."""
        return {series.split("{")[0] for series in self.webhook.metrics()} | {"irsa_unidentified_pods"}

    def assert_known(self, where, query):
        asked = {name for name in METRIC.findall(query) if not name.startswith("apiserver_")}
        self.assertEqual(asked - self.known_metrics(), set(), where)

    def test_every_metric_that_an_alert_names_is_there(self):
        for rule in rules():
            self.assert_known(rule["alert"], rule["expr"])

    def test_every_metric_that_the_dashboard_names_is_there(self):
        for title, query in dashboard_queries():
            self.assert_known(title, query)

    @unittest.skipUnless(PROMETHEUS, "no Prometheus: Debian's package of it could not be had")
    def test_a_real_prometheus_scrapes_it_and_answers_every_query(self):
        target = urllib.parse.urlparse(self.webhook.metrics_url).netloc
        self.prometheus = Prometheus(
            self.directory, rule_files=[str(ALERTS)], scrape_configs=[{"job_name": "irsa", "static_configs": [{"targets": [target]}]}],
            **{"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}})
        self.addCleanup(self.prometheus.close)
        wait_until(lambda: self.prometheus.check_alive() and self.prometheus.query("irsa_build_info"), "a scrape of irsa")
        groups = wait_until(self.evaluated_groups, "the rules evaluated")
        self.assertEqual([(rule["name"], rule["lastError"]) for group in groups for rule in group["rules"] if rule["health"] != "ok"], [])
        self.assertEqual(len([rule for group in groups for rule in group["rules"]]), len(rules()))
        for title, query in dashboard_queries():
            with self.subTest(title):
                wait_until(lambda: self.prometheus.query(query) is not None, "an answer")
        # After a scrape that took too long there is no series until the next one.
        count = wait_until(lambda: self.prometheus.query("count(irsa_build_info)"), "a scrape of irsa")
        self.assertEqual(count[0]["value"][1], "1")

    def evaluated_groups(self):
        groups = self.prometheus.ask("rules", field="groups") or []
        return [group for group in groups if all(rule["health"] != "unknown" for rule in group["rules"])]


if __name__ == "__main__":
    unittest.main()
