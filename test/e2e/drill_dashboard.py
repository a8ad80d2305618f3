"""What the dashboard shows of a quarter of an hour in a real cluster: docs/pictures/dashboard.json, which docs/pictures/dashboard draws.

Not part of a run of all tests. By name: scripts/e2e drill_dashboard

Two replicas, and about four pods a second. In this order: a replica is replaced as by a rollout, every replica dies and comes back (a
minute in which kube-apiserver admits pods without asking), and 300 service accounts are added.
"""
import json
import random
import re
import time
import unittest
import urllib.parse

from .harness.deployed import NAME
from .harness.guarded import ADVICE, GuardedCluster
from .harness.objects import PREFIX, ROLE, pod, service_account, with_role
from .harness.prometheus import FOLDER, Prometheus
from .harness.rendering import DEPLOY, NAMESPACE
from .harness.rest import RestClient
from .harness.waiting import wait_until
from .test_monitoring import panels

RECORD = DEPLOY.parent / "docs" / "pictures" / "dashboard.json"
MINUTES, STEP_SECONDS, PODS_A_SECOND = 15, 10, 4
RATE_INTERVAL = "1m"
_KEPT_PODS = 40


@unittest.skipUnless(FOLDER, "no Prometheus: Debian's package of it could not be had")
class Dashboard(GuardedCluster):
    components = (ADVICE,)
    replica_count = 2
    replica_flags = ("--report-pods",)

    def test_record(self):
        self.apply(with_role("app"), service_account("plain"), with_role("web", "team-b"),
                   service_account("misspelt", {f"{PREFIX}/role-arm": ROLE}))
        self.start_prometheus()
        self.started = time.time()
        self.load_until(3)
        self.replicas.replace_first()
        self.list_targets()
        self.load_until(5)
        self.replicas.kill_all()
        self.list_targets()
        self.load_until(6)
        while len(self.replicas.all) < self.replica_count:
            self.replicas.start_another()
        self.list_targets()
        self.load_until(9)
        self.apply(*(with_role(f"added-{number}") for number in range(300)))
        self.load_until(MINUTES)
        self.assertEqual(len(self.replicas.all), 2)
        RECORD.write_text(self.record())

    def load_until(self, minute):
        """Creates pods of all kinds at a steady rate until so many minutes after the start, and deletes old ones."""
        client, kept, number = RestClient(self.cluster), [], 0
        begin = time.time()
        chance = random.Random(minute)
        while time.time() < self.started + minute * 60:
            account, namespace = chance.choices([("app", "team-a"), ("web", "team-b"), ("plain", "team-a"), ("misspelt", "team-a")],
                                                [8, 4, 5, 1])[0]
            created = pod(f"load-{minute}-{number}", account, namespace)
            if number % 12 == 0:
                created["spec"]["containers"][0]["env"] = [{"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"}]
            status, _ = client.create(created)
            self.assertEqual(status, 201)
            kept.append((created["metadata"]["name"], namespace))
            if len(kept) > _KEPT_PODS:
                name, namespace = kept.pop(0)
                client.request("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}?gracePeriodSeconds=0")
            number += 1
            wait_until(lambda: time.time() >= begin + number / PODS_A_SECOND, "the next pod's time")
        client.close()

    def start_prometheus(self):
        self.targets = self.directory / "targets.json"
        self.list_targets()
        pki = self.cluster.pki.path
        self.prometheus = Prometheus(self.directory, **{"global": {"scrape_interval": "5s"}}, scrape_configs=[
            {"job_name": "irsa", "file_sd_configs": [{"files": [str(self.targets)], "refresh_interval": "1s"}]},
            {"job_name": "apiserver", "scheme": "https", "static_configs": [{"targets": [f"127.0.0.1:{self.cluster.port}"]}],
             "tls_config": {"ca_file": str(pki("ca.crt")), "cert_file": str(pki("admin.crt")), "key_file": str(pki("admin.key"))}}])
        self.addCleanup(self.prometheus.close)
        wait_until(lambda: self.prometheus.check_alive() and self.prometheus.query("count(irsa_build_info) == 2"), "both replicas scraped")

    def list_targets(self):
        """For Prometheus, which is told of pods that come and go in a file here."""
        text = json.dumps([{"targets": [urllib.parse.urlparse(replica.metrics_url).netloc],
                            "labels": {"namespace": NAMESPACE, "pod": replica.directory.name.replace("replica", NAME)}} for replica in self.replicas.all])
        fresh = self.targets.with_suffix(".fresh")
        fresh.write_text(text)
        fresh.replace(self.targets)

    def record(self):
        """Each panel's series by the legend that Grafana would write; null where there is no value."""
        end = self.started + MINUTES * 60
        times = [self.started + step * STEP_SECONDS for step in range(MINUTES * 60 // STEP_SECONDS + 1)]
        recorded = {}
        for panel in panels():
            series = recorded[panel["title"]] = []
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", RATE_INTERVAL).replace("$namespace", NAMESPACE)
                for found in self.prometheus.ask("query_range", "result", query=query, start=self.started, end=end, step=STEP_SECONDS):
                    legend = re.sub(r"\{\{(\w+)\}\}", lambda label: found["metric"].get(label[1], ""), target.get("legendFormat", ""))
                    at = {round(moment - self.started): float(value) for moment, value in found["values"]}
                    values = [at.get(round(moment - self.started)) for moment in times]
                    series.append({"legend": legend.strip(), "values": [None if value is None or value != value else float(f"{value:.4g}")
                                                                        for value in values]})
        lines = ",\n".join(f"  {json.dumps(title)}: {json.dumps(series, separators=(',', ':'))}" for title, series in recorded.items())
        return f'{{"step_seconds": {STEP_SECONDS}, "panels": {{\n{lines}\n}}}}\n'
