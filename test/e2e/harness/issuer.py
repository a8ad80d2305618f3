"""An OIDC issuer on paper: a key, the key set that publishes it, and tokens as kube-apiserver signs them."""
import base64
import hashlib
import json
import pathlib
import subprocess
import time


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, check=True, capture_output=True).stdout


class Issuer:
    """RS256, as on EKS; the openssl command does the cryptography."""

    def __init__(self, directory, url, key_id=None):
        self.url = url
        self._key = pathlib.Path(directory) / "issuer.key"
        self._key.parent.mkdir(parents=True, exist_ok=True)
        _openssl("genrsa", "-out", self._key, "2048")
        public = _openssl("rsa", "-in", self._key, "-pubout", "-outform", "DER")
        self.key_id = key_id or _base64url(hashlib.sha256(public).digest())

    def jwks(self):
        modulus = _openssl("rsa", "-in", self._key, "-noout", "-modulus").decode().strip().removeprefix("Modulus=")
        return json.dumps({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.key_id, "e": "AQAB",
                                     "n": _base64url(bytes.fromhex(modulus))}]})

    def token(self, namespace, service_account, **claims):
        """A token for an hour for sts.amazonaws.com; `claims` replace those."""
        now = int(time.time())
        header = {"alg": "RS256", "kid": self.key_id}
        body = {"iss": self.url, "sub": f"system:serviceaccount:{namespace}:{service_account}", "aud": ["sts.amazonaws.com"],
                "iat": now, "nbf": now, "exp": now + 3600, **claims}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, body))
        return f"{signed}.{_base64url(_openssl('dgst', '-sha256', '-sign', self._key, stdin=signed.encode()))}"
