"""AWS's own clients, each from its registry, made once and kept in the cache directory by what they are made of."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import uuid

_SOURCES = pathlib.Path(__file__).resolve().parent.parent / "clients"
# Of one installation. Registries are slow at times; a test that hangs is worse than one that fails.
_INSTALL_TIMEOUT_S = 240
# Of one call: some SDKs try again for a while before they give an error.
_CALL_TIMEOUT_S = 90


class Missing(Exception):
    """A client cannot be made here; the text says why."""


def _cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "irsa-e2e"


def _run(*command, cwd, env=None):
    done = subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, text=True,
                          capture_output=True, timeout=_INSTALL_TIMEOUT_S)
    if done.returncode != 0:
        output = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{output}")


def _need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise Missing(f"there is no {tool} here")


def _kept(language, install):
    """The directory that install(source, directory) filled, made under another name until it is whole."""
    source = _SOURCES / language
    content = b"".join(path.name.encode() + path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file())
    directory = _cache() / f"aws-{language}-{hashlib.sha256(content + sys.version.encode()).hexdigest()[:16]}"
    if not directory.exists():
        partial = directory.with_name(f"{directory.name}.{uuid.uuid4().hex[:8]}")
        partial.mkdir(parents=True)
        try:
            install(source, partial)
            partial.rename(directory)
        except OSError:
            if not directory.exists():  # as it does when another process was as quick
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return directory


def _environment(home, variables):
    """Nothing else is inherited: no profile, no key, no region of whoever runs the tests."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), **variables}


class Client:
    """A program that asks STS who it is, with the credentials that its default chain finds."""

    def __init__(self, *command):
        self._command = [str(word) for word in command]

    def call(self, home, variables, *arguments):
        """{"arn": …, "account": …} of the caller, or {"code": …} of the error there was instead of credentials; of a
        presigner, {"url": …}."""
        done = subprocess.run([*self._command, *arguments], cwd=home, env=_environment(home, variables), text=True, capture_output=True,
                              timeout=_CALL_TIMEOUT_S)
        return self._read(done)

    def _read(self, done):
        try:
            return json.loads(done.stdout.strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise AssertionError(f"{self._command}: status {done.returncode}\n{done.stdout}\n{done.stderr}") from None


class ClientTests:
    """Tests that hold for every client, each with a home of its own; a subclass says how to get the client."""

    @staticmethod
    def make():
        raise NotImplementedError

    def setUp(self):
        self.home = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        try:
            self.client = self.make()
        except Missing as missing:
            self.skipTest(str(missing))


class _EksToken(Client):
    """{"token": …}, as kubectl gets it from the command in its kubeconfig."""

    def _read(self, done):
        if done.returncode != 0:
            raise AssertionError(f"{self._command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return {"token": json.loads(done.stdout)["status"]["token"]}


class _Cli(Client):
    def _read(self, done):
        if done.returncode == 0:
            identity = json.loads(done.stdout)
            return {"arn": identity["Arn"], "account": identity["Account"]}
        code = re.search(r"An error occurred \((\w+)\) when calling the AssumeRoleWithWebIdentity operation", done.stderr)
        if code is None:
            raise AssertionError(f"{self._command}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return {"code": code[1]}


def _install_python(source, directory):
    try:
        _run(sys.executable, "-m", "pip", "--version", cwd=source)
    except AssertionError as error:
        raise Missing(f"python3-pip is not installed: {error}") from None
    _run(sys.executable, "-m", "venv", "--without-pip", directory, cwd=source)
    site = next((directory / "lib").glob("python3*")) / "site-packages"
    _run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, "-r", source / "requirements.txt",
         cwd=source)


def _python():
    return _kept("python", _install_python) / "bin" / "python"


def python_directory():
    """Where the Python and the AWS CLI of aws_command are."""
    return _kept("python", _install_python)


def moto_directory():
    """Where the Python of `python -m moto.server` is, which stands in for S3."""
    return _kept("moto", _install_python)


def aws_command():
    """What the command aws is, without what it is to do."""
    return [str(_python()), "-m", "awscli"]


def aws_cli():
    return _Cli(*aws_command(), "sts", "get-caller-identity", "--output", "json")


def eks_get_token():
    return _EksToken(_python(), "-m", "awscli", "eks", "get-token", "--cluster-name")


def boto3():
    return Client(_python(), _SOURCES / "python" / "caller.py")


def boto3_presigner():
    return Client(_python(), _SOURCES / "python" / "presigner.py")


def boto3_setup():
    """Called with an issuer and a trust policy."""
    return Client(_python(), _SOURCES / "python" / "iam_setup.py")


def _install_go(source, directory):
    # The module cache is that of whoever runs the tests; what is missing comes from the module proxy.
    _run("go", "build", "-trimpath", "-o", directory / "caller", ".", cwd=source, env={"GOTOOLCHAIN": "local"})


def go():
    _need("go")
    return Client(_kept("go", _install_go) / "caller")


def go_presigner():
    _need("go")
    return Client(_kept("go", _install_go) / "caller", "presign")


def aws_iam_authenticator():
    """Called with "token CLUSTER" or "verify CLUSTER TOKEN"."""
    _need("go")
    return Client(_kept("authenticator", _install_go) / "caller")


def _install_javascript(source, directory):
    for name in ("package.json", "package-lock.json", "caller.mjs"):
        shutil.copy(source / name, directory)
    _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=directory)


def javascript():
    _need("node", "npm")
    return Client("node", _kept("javascript", _install_javascript) / "caller.mjs")


def _install_java(source, directory):
    _run("mvn", "-B", "-q", "-f", source / "pom.xml", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
         f"-DoutputDirectory={directory}/lib", "-DincludeScope=runtime", cwd=directory)
    _run("javac", "-cp", f"{directory}/lib/*", "-d", directory, source / "Caller.java", cwd=directory)


def java():
    _need("java", "javac", "mvn")
    directory = _kept("java", _install_java)
    # As little of the virtual machine as a program of one call needs: it starts in half the time.
    return Client("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{directory}:{directory}/lib/*", "Caller")
