"""Roles without an ARN, in the account that instance metadata names. No cluster."""
import base64
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import unittest
import urllib.request

from .harness.instance_metadata import InstanceMetadata
from .harness.objects import pod, service_account
from .harness.process import Process
from .harness.waiting import wait_until
from .harness.webhook import CertificateFiles

BINARY = os.environ["IRSA_BINARY"]


class ComposedRoles(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.metadata = InstanceMetadata()
        self.addCleanup(self.metadata.close)
        accounts = self.directory / "accounts.json"
        accounts.write_text(json.dumps(service_account("app", {"eks.amazonaws.com/role-arn": "team/app"})))
        self.command = [BINARY, "serve", "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1", "--metrics-port=0",
                        "--shutdown-delay=0s", "--log-format=json", f"--service-accounts={accounts}", "--compose-role-arn",
                        *CertificateFiles(BINARY, self.directory / "certs").flags]

    def start(self, *flags):
        process = Process("irsa serve", [*self.command, *flags], self.directory / "serve.log", {**os.environ, **self.metadata.environment})
        self.addCleanup(process.stop)
        return process

    def role(self, port):
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "x", "operation": "CREATE", "namespace": "team-a", "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": pod("x", "app")}}
        request = urllib.request.Request(f"https://localhost:{port}/mutate", json.dumps(review).encode(), {"Content-Type": "application/json"})
        context = ssl.create_default_context(cafile=self.directory / "certs" / "ca.crt")
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            patch = json.loads(base64.b64decode(json.load(answer)["response"]["patch"]))
        return next(variable["value"] for variable in patch[0]["value"] if variable["name"] == "AWS_ROLE_ARN")

    def test_waits_for_an_answer_before_it_listens(self):
        process = self.start()
        wait_until(lambda: process.check_alive() and self.metadata.refused >= 2, "it has asked twice")
        self.assertEqual(process.log_lines("listening"), [])
        self.metadata.answer("111122223333", "us-isof-south-1")
        self.assertEqual(self.role(process.wait_log_line("listening")["port"]),
                         "arn:aws-iso-f:iam::111122223333:role/team/app")

    def test_flags_win(self):
        self.metadata.answer("111122223333", "cn-north-1")
        process = self.start("--aws-account-id=999999999999")
        self.assertEqual(self.role(process.wait_log_line("listening")["port"]),
                         "arn:aws-cn:iam::999999999999:role/team/app")

    def test_is_not_asked_where_the_flags_say_all(self):
        process = self.start("--aws-account-id=999999999999", "--aws-partition=aws")
        process.wait_log_line("listening")
        self.assertEqual(self.metadata.refused, 0)

    def test_gives_up_with_the_flags_that_do_without_it(self):
        done = subprocess.run(self.command, env={**os.environ, **self.metadata.environment}, text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "pass --aws-account-id and --aws-partition instead")
