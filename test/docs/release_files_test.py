#!/usr/bin/env python3
"""The licence is the same everywhere it is named, NOTICE names every library that the build asks for, version, image and site have one name, the
chart's copies are copies, each alert has its runbook, and the pictures are what their scripts draw."""
import hashlib
import pathlib
import re
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What CMake calls a library, and what NOTICE does. The others are the build's own or the tests'.
LIBRARIES = {"OpenSSL": "OpenSSL", "nlohmann_json": "nlohmann/json", "spdlog": "spdlog", "CLI11": "CLI11", "yaml-cpp": "yaml-cpp",
             "prometheus-cpp": "prometheus-cpp", "simdjson": "simdjson", "cpphttplib": "cpp-httplib", "dtl": "dtl"}
NO_LIBRARIES = {"PkgConfig", "Threads"}


def read(path):
    return (ROOT / path).read_text()


class Licence(unittest.TestCase):
    def test_is_apache_2(self):
        self.assertEqual(hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest(),
                         "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30")
        self.assertEqual((ROOT / "LICENSES/Apache-2.0.txt").resolve(), ROOT / "LICENSE")

    def test_is_named_where_artefacts_are_made(self):
        self.assertIn('path = "**"', read("REUSE.toml"))
        for path, text in (("REUSE.toml", 'SPDX-License-Identifier = "Apache-2.0"'),
                           ("Dockerfile", 'org.opencontainers.image.licenses="Apache-2.0"'),
                           ("deploy/helm/irsa/Chart.yaml", "artifacthub.io/license: Apache-2.0"),
                           ("cmake/Packaging.cmake", "License: Apache-2.0")):
            with self.subTest(path):
                self.assertIn(text, read(path))

    def test_no_file_has_another(self):
        done = subprocess.run(["git", "-C", ROOT, "grep", "-lE", "SPDX-License-Identifier: "], capture_output=True, text=True)
        self.assertEqual([path for path in done.stdout.split() if path != "test/docs/release_files_test.py"], [])

    def test_every_library_is_in_the_notice(self):
        cmake = read("cmake/Dependencies.cmake")
        asked = set(re.findall(r"find_package\((\S+)", cmake)) | set(re.findall(r"pkg_check_modules\((\S+)", cmake)) | {"dtl"}
        self.assertEqual(asked - NO_LIBRARIES, set(LIBRARIES))
        for name in LIBRARIES.values():
            self.assertRegex(read("NOTICE"), rf"\n  {re.escape(name)} ")


class Pictures(unittest.TestCase):
    def test_are_what_their_scripts_draw(self):
        for script in ("draw", "dashboard"):
            with self.subTest(script):
                done = subprocess.run([ROOT / "docs" / "pictures" / script, "--check"], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


class Version(unittest.TestCase):
    def test_the_charts_and_the_manifests_are_the_builds(self):
        version = re.search(r"project\(irsa VERSION (\S+)", read("CMakeLists.txt")).group(1)
        chart = read("deploy/helm/irsa/Chart.yaml")
        self.assertEqual(re.findall(r"^(?:version|appVersion): (\S+)", chart, re.M), [version, version])
        image = re.search(r"repository: (\S+)", read("deploy/helm/irsa/values.yaml")).group(1)
        self.assertIn(f"- name: {image}\n  newName: {image}\n  newTag: {version}\n", read("deploy/kustomize/kustomization.yaml"))
        self.assertIn(f"image: {image}:{version}\n", read("deploy/kustomize/base/deployment.yaml"))
        self.assertIn(f"\n## {version} - ", read("CHANGELOG.md"))


class Chart(unittest.TestCase):
    def test_readme_is_of_these_values(self):
        made = subprocess.run([ROOT / "scripts/chart-readme"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(read("deploy/helm/irsa/README.md"), made, "run scripts/chart-readme >deploy/helm/irsa/README.md")

    def test_dashboard_is_grafanas(self):
        self.assertEqual(read("deploy/helm/irsa/files/dashboard.json"), read("deploy/grafana/irsa.json"))


class Alerts(unittest.TestCase):
    """Their runbooks are on the site, which site/mkdocs.yml names; a page's headings are its anchors."""

    def test_each_has_its_runbook(self):
        base = re.search(r"^site_url: (\S+)$", read("site/mkdocs.yml"), re.M).group(1) + "monitoring/"
        headings = re.findall(r"^### (\w+)$", read("docs/monitoring.md"), re.M)
        rules = yaml.safe_load(read("deploy/prometheus/alerts.yaml"))["groups"][0]["rules"]
        self.assertGreater(len(rules), 10)
        for rule in rules:
            with self.subTest(rule["alert"]):
                address, _, anchor = rule["annotations"]["runbook_url"].partition("#")
                self.assertEqual(address, base)
                self.assertIn(anchor, [heading.lower() for heading in headings])
                self.assertIn(rule["alert"], read("docs/monitoring.md"))
        self.assertEqual(set(headings) - {rule["alert"] for rule in rules}, set(), "a runbook of no alert")

    def test_each_runbook_says_what_to_do(self):
        for section in re.split(r"^### ", read("docs/monitoring.md"), flags=re.M)[1:]:
            with self.subTest(section.split("\n")[0]):
                self.assertEqual(re.findall(r"^\*\*(\w+)\*\*:", section, re.M)[:2], ["Means", "Look"])

    def test_the_chart_can_have_them_elsewhere(self):
        base = re.search(r"^site_url: (\S+)$", read("site/mkdocs.yml"), re.M).group(1) + "monitoring/"
        self.assertEqual(yaml.safe_load(read("deploy/helm/irsa/values.yaml"))["prometheusRule"]["runbookUrl"], base)
        self.assertIn(f'replace "{base}#"', read("deploy/helm/irsa/templates/prometheus-rule.yaml"))


if __name__ == "__main__":
    unittest.main()
