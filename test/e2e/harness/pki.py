"""The control plane's certificates and keys, made with the openssl command."""
import base64
import pathlib
import subprocess

_DAYS = "30"


def _openssl(*arguments, **kwargs):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **kwargs)


class Pki:
    """One CA, and ECDSA leaves of it; an RSA service-account key, so that tokens are RS256 as on EKS."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key("ca")
        _openssl("req", "-x509", "-new", "-key", self.path("ca.key"), "-subj", "/CN=testbed-ca", "-days", _DAYS, "-sha256", "-out",
                 self.path("ca.crt"), "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                 "keyUsage=critical,keyCertSign,cRLSign")
        _openssl("genrsa", "-out", self.path("sa.key"), "2048")
        _openssl("rsa", "-in", self.path("sa.key"), "-pubout", "-out", self.path("sa.pub"))

    def path(self, name):
        return str(self.directory / name)

    def base64(self, name):
        return base64.b64encode((self.directory / name).read_bytes()).decode()

    def leaf(self, name, subject, usage, names=""):
        self._key(name)
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n" +
                              (f"subjectAltName={names}\n" if names else ""))
        _openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", subject, "-out", self.path(f"{name}.csr"))
        _openssl("x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.crt"), "-CAkey", self.path("ca.key"),
                 "-CAcreateserial", "-days", _DAYS, "-sha256", "-out", self.path(f"{name}.crt"), "-extfile", extensions)

    def _key(self, name):
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(f"{name}.key"))
