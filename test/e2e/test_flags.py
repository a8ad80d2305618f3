"""The flags that docs/migrating.md promises and the chart passes are those of `irsa serve`."""
import os
import re
import subprocess
import unittest

from .harness.rendering import DEPLOY, helm_template

IRSA = os.environ["IRSA_BINARY"]
FLAG = re.compile(r"`(--?[a-z_-]+)`")
VALUES = {"--port": "443", "--metrics-port": "9999", "--token-mount-path": "/t", "--token-expiration": "600", "--namespace": "eks",
          "--token-audience": "a", "--annotation-prefix": "example.com", "--aws-default-region": "eu-central-1",
          "--service-account-lookup-grace-period": "100ms", "-v": "4", "--vmodule": "a=1", "--service-name": "pod-identity-webhook",
          "--tls-secret": "pod-identity-webhook", "--tls-cert": "/nowhere/tls.crt", "--tls-key": "/nowhere/tls.key",
          "--kubeconfig": "/nowhere", "--kube-api": "http://127.0.0.1:1", "--resync-period": "60s",
          "--watch-container-credentials-config": "/nowhere/list.json", "--container-credentials-audience": "pods.eks.amazonaws.com",
          "--container-credentials-token-mount-path": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
          "--container-credentials-token-volume-name": "eks-pod-identity-token",
          "--container-credentials-token-path": "eks-pod-identity-token",
          "--container-credentials-full-uri": "http://169.254.170.23/v1/credentials", "--tls-min-version": "1.2",
          "--tls-cipher-suites": "TLS_AES_128_GCM_SHA256"}
# Without them irsa would ask the instance metadata of whatever machine this is.
BESIDE = {"--compose-role-arn": ["--aws-partition=aws", "--aws-account-id=111122223333"]}
USAGE = 2


def start(*flags):
    """Exit status and message of an irsa that cannot start in any case: it finds no certificate."""
    done = subprocess.run([IRSA, "serve", "--tls-cert=/nowhere/tls.crt", *flags], text=True, capture_output=True, timeout=30)
    return done.returncode, done.stderr


def promised():
    """Flags of the Go webhook with whether irsa takes them, from the table in docs/migrating.md."""
    text = (DEPLOY.parent / "docs" / "migrating.md").read_text()
    table = text[text.index("## Flags"):text.index("## Annotations")]
    for line in table.splitlines():
        if line.startswith("| `"):
            flags, answer = line.strip("|").split(" | ", 1)
            for flag in FLAG.findall(flags):
                yield flag, not answer.strip().startswith("none")


class Flags(unittest.TestCase):
    def test_of_the_go_webhook(self):
        flags = dict(promised())
        self.assertGreater(len(flags), 25)
        for flag, is_taken in flags.items():
            # --version is the program's.
            if flag == "--version":
                continue
            with self.subTest(flag):
                given = [f"{flag}={VALUES[flag]}"] if flag in VALUES and flag != "-v" else [flag, "4"] if flag == "-v" else [flag, *BESIDE.get(flag, [])]
                status, message = start(*given, *([] if flag.startswith("--kube") else ["--kube-api=http://127.0.0.1:1"]))
                self.assertEqual(status != USAGE, is_taken, message)

    def test_of_the_chart(self):
        objects = helm_template(os.environ["IRSA_HELM"], 'tls.mode="secret"', (
            'mutation={"annotationPrefix": "example.com", "tokenAudience": "sts.amazonaws.com.cn", "tokenMountPath": "/t", '
            '"tokenExpiration": 3600, "defaultRegion": "cn-north-1", "stsRegionalEndpoints": false}'),
            'ports={"https": 10443, "metrics": 10999}')
        container, = objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"]
        status, message = start(*container["args"][1:], "--service-accounts=/nowhere/accounts.yaml")
        self.assertEqual(status, 1, message)
        self.assertIn("/etc/webhook/certs/tls.crt", message)

    def test_of_the_deployment(self):
        objects = helm_template(os.environ["IRSA_HELM"], "configMap.enabled=true")
        container, = objects["Deployment/irsa"]["spec"]["template"]["spec"]["containers"]
        status, message = start(*container["args"][1:], "--kube-api=http://127.0.0.1:1", "--client-ca=/nowhere/ca.crt")
        self.assertEqual(status, 1, message)
        self.assertIn("--client-ca", message)


if __name__ == "__main__":
    unittest.main()
