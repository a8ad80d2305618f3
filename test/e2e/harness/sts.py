"""`irsa sts` for one test."""
import json
import pathlib

from .process import Process

ACCOUNT = "111122223333"
# Who may make IAM's calls, as the configuration names them; AWS's own example of a key.
ADMINISTRATOR = {"account": ACCOUNT, "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}


OTHER_ACCOUNT = "444455556666"


def role_arn(name, account=ACCOUNT):
    return f"arn:aws:iam::{account}:role/{name}"


def trust_policy(issuer, subject, action="sts:AssumeRoleWithWebIdentity"):
    """As `irsa trust-policy` writes it."""
    provider = issuer.removeprefix("https://")
    return {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}, "Action": action,
        "Condition": {"StringEquals": {f"{provider}:sub": subject, f"{provider}:aud": "sts.amazonaws.com"}}}]}


def chained_policy(principal, external_id=None):
    """Of a role that others assume."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return {"Version": "2012-10-17", "Statement": [statement]}


class Sts:
    """Ready after construction; `config` is the configuration's content, and JSON is YAML."""

    def __init__(self, binary, directory, config, *flags):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.config = directory / "sts.yaml"
        self.config.write_text(json.dumps(config))
        self.process = Process("irsa sts", [str(binary), "sts", f"--config={self.config}", "--port=0", "--log-format=json",
                                            *flags], directory / "sts.log")
        try:
            self.url = self.process.wait_log_line("ready")["url"]
        except BaseException:
            self.process.stop()
            raise

    def close(self):
        return self.process.stop()
