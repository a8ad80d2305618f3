"""What goes into the image, from the binary at hand: it runs there alone, as another user than root.

scripts/image builds the image itself, which takes minutes and a container tool.
"""
import os
import pathlib
import stat
import subprocess
import tempfile
import unittest

from .harness.process import Process
from .harness.waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = "65532"
# 14 MB with Debian 12's libraries, 19 MB with Debian 13's.
MOST_BYTES = 24 << 20


@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class ImageRoot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        # mkdtemp's 0700 would keep the image's user out.
        cls.directory.chmod(0o755)
        cls.image = cls.directory / "image"
        subprocess.run([ROOT / "scripts" / "image-root", os.environ["IRSA_BINARY"], cls.image], check=True, capture_output=True)

    def in_image(self, *command):
        return ["chroot", f"--userspec={USER}:{USER}", str(self.image), "/usr/bin/irsa", *command]

    def files(self):
        return [path for path in self.image.rglob("*") if path.is_file()]

    def test_binary_runs_with_nothing_else_around(self):
        done = subprocess.run(self.in_image("--version"), text=True, capture_output=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout.split()[0]), (0, "irsa"), done.stderr)

    def test_serves_and_stops(self):
        # The one place that its user may write to; in a cluster that is not even there.
        subprocess.run(self.in_image("certs", "--dir", "/tmp/certs"), check=True, capture_output=True)
        accounts = self.image / "tmp" / "accounts.yaml"
        accounts.write_text((ROOT / "docs" / "examples" / "service-accounts.yaml").read_text())
        server = Process("irsa in its image", self.in_image(
            "serve", "--bind-address=127.0.0.1", "--port=0", "--metrics-bind-address=127.0.0.1", "--metrics-port=0",
            "--tls-cert=/tmp/certs/tls.crt", "--tls-key=/tmp/certs/tls.key", "--service-accounts=/tmp/accounts.yaml",
            "--shutdown-delay=0s"), self.directory / "serve.log")
        try:
            wait_until(lambda: server.check_alive() and '"ready"' in server.log(), "irsa ready in its image")
            self.assertIn(f"\nUid:\t{USER}\t", pathlib.Path(f"/proc/{server.pid}/status").read_text())
        finally:
            status = server.stop()
        self.assertEqual(status, 0, server.log())

    def test_holds_no_program_but_irsa_and_the_loader(self):
        programs = {str(path.relative_to(self.image)) for path in self.files()
                    if path.stat().st_mode & stat.S_IXUSR and ".so" not in path.name}
        self.assertEqual(programs, {"usr/bin/irsa"})
        self.assertEqual([path for path in self.files() if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)], [])

    def test_is_small(self):
        size = sum(path.stat().st_size for path in self.files())
        self.assertLess(size, MOST_BYTES)

    def test_each_library_brings_its_licence(self):
        licences = {path.parent.name for path in self.files() if path.name == "copyright"}
        for library in [path for path in self.files() if ".so" in path.name]:
            owners = subprocess.run(["dpkg", "-S", f"*/{library.name}"], text=True, capture_output=True, check=True).stdout
            packages = {line.split(":")[0] for line in owners.splitlines()}
            self.assertTrue(packages & licences, f"{library.name} of {packages}: {licences}")
        compiled_in = {"nlohmann-json3-dev", "libcli11-dev", "libdtl-dev", "libspdlog-dev", "libyaml-cpp-dev"}
        self.assertLessEqual(compiled_in, licences)


if __name__ == "__main__":
    unittest.main()
