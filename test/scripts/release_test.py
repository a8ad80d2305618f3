#!/usr/bin/env python3
"""What scripts/release puts together: the image as an OCI archive, the SBOMs, and, of a whole release, that its files fit together.

usage: release_test.py BINARY | DIST
  BINARY   irsa; its SBOM is made
  DIST     what scripts/release has made, which is looked at too
"""
import gzip
import hashlib
import io
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIME = 1700000000
INDEX = "application/vnd.oci.image.index.v1+json"
GIVEN = pathlib.Path("build/release/irsa")


def run(script, *arguments, check=True):
    return subprocess.run([ROOT / "scripts" / script, *map(str, arguments)], capture_output=True, text=True, check=check)


class Archive:
    """Of the OCI image layout, version 1.0.0. Each descriptor that is followed has to have the size and the digest that it names."""

    def __init__(self, test, path):
        self._test = test
        self.followed = set()
        with tarfile.open(path) as archive:
            self.entries = archive.getmembers()
            self.files = {entry.name: archive.extractfile(entry).read() for entry in self.entries}

    def blob(self, descriptor):
        algorithm, _, digest = descriptor["digest"].partition(":")
        name = f"blobs/{algorithm}/{digest}"
        data = self.files[name]
        self._test.assertEqual((hashlib.sha256(data).hexdigest(), len(data)), (digest, descriptor["size"]))
        self.followed.add(name)
        return data

    def images(self):
        """{architecture: (config, layer)}, by the index."""
        self._test.assertEqual(json.loads(self.files["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        top = json.loads(self.files["index.json"])
        self._test.assertEqual((top["schemaVersion"], top["mediaType"]), (2, INDEX))
        descriptor, = top["manifests"]
        self._test.assertEqual(descriptor["mediaType"], INDEX)
        self.annotations = descriptor["annotations"]
        index = json.loads(self.blob(descriptor))
        self._test.assertEqual((index["schemaVersion"], index["mediaType"]), (2, INDEX))
        return dict(self._image(manifest) for manifest in index["manifests"])

    def _image(self, descriptor):
        self._test.assertEqual((descriptor["mediaType"], descriptor["platform"]["os"]), ("application/vnd.oci.image.manifest.v1+json", "linux"))
        manifest = json.loads(self.blob(descriptor))
        self._test.assertEqual((manifest["schemaVersion"], manifest["mediaType"]), (2, descriptor["mediaType"]))
        self._test.assertEqual(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json")
        config = json.loads(self.blob(manifest["config"]))
        layer, = manifest["layers"]
        self._test.assertEqual(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip")
        unpacked = gzip.decompress(self.blob(layer))
        self._test.assertEqual(config["rootfs"], {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(unpacked).hexdigest()]})
        self._test.assertEqual((config["os"], config["architecture"]), ("linux", descriptor["platform"]["architecture"]))
        return config["architecture"], (config, tarfile.open(fileobj=io.BytesIO(unpacked)))

    def assert_whole(self):
        """Nothing is in it twice, and no blob that nothing leads to."""
        names = [entry.name for entry in self.entries]
        self._test.assertEqual(len(names), len(set(names)))
        self._test.assertEqual(set(names), self.followed | {"oci-layout", "index.json"})


class OciArchive(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for architecture in ("amd64", "arm64"):
            program = self.directory / architecture / "usr/bin/irsa"
            program.parent.mkdir(parents=True)
            program.write_text(f"of {architecture}")
            program.chmod(0o755)
            (program.parent / "link").symlink_to("irsa")
            (self.directory / architecture / "tmp").mkdir()
            (self.directory / architecture / "tmp").chmod(0o1777)

    def make(self, name="out.tar", architectures=("amd64", "arm64")):
        run("oci-archive", self.directory / name, "r.example.com/irsa:1.2.3", TIME, *(f"{one}={self.directory / one}" for one in architectures))
        return self.directory / name

    def test_index_leads_to_an_image_for_each_architecture(self):
        archive = Archive(self, self.make())
        images = archive.images()
        self.assertEqual(list(images), ["amd64", "arm64"])
        self.assertEqual(archive.annotations, {"org.opencontainers.image.ref.name": "1.2.3", "io.containerd.image.name": "r.example.com/irsa:1.2.3"})
        for architecture, (config, layer) in images.items():
            self.assertEqual(layer.extractfile("usr/bin/irsa").read().decode(), f"of {architecture}")
            self.assertEqual({key: config["config"][key] for key in ("User", "Entrypoint", "Cmd")},
                             {"User": "65532:65532", "Entrypoint": ["/usr/bin/irsa"], "Cmd": ["serve"]})
            self.assertEqual(config["created"], "2023-11-14T22:13:20Z")
            self.assertEqual(config["config"]["Labels"]["org.opencontainers.image.version"], "1.2.3")
            self.assertEqual({entry.name: (entry.mode, entry.linkname, entry.isdir()) for entry in layer.getmembers()}, {
                "tmp": (0o1777, "", True), "usr": (0o755, "", True), "usr/bin": (0o755, "", True), "usr/bin/irsa": (0o755, "", False),
                "usr/bin/link": (0o777, "irsa", False)})
            self.assertEqual({(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in layer.getmembers()}, {(0, 0, "", "", TIME)})
        archive.assert_whole()

    def test_of_one_architecture_has_an_index_too(self):
        archive = Archive(self, self.make(architectures=("arm64",)))
        self.assertEqual(list(archive.images()), ["arm64"])
        archive.assert_whole()

    def test_same_files_give_the_same_bytes(self):
        first = self.make("first").read_bytes()
        (self.directory / "amd64/usr/bin/irsa").touch()
        self.assertEqual(self.make("second").read_bytes(), first)
        (self.directory / "amd64/usr/bin/irsa").write_text("another")
        self.assertNotEqual(self.make("third").read_bytes(), first)

    def test_wrong_usage(self):
        for arguments in ((), ("out", "name-without-tag", "0", "amd64=x"), ("out", "a:b", "0"), ("out", "a:b", "0", "directory")):
            done = run("oci-archive", *arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("usage: scripts/oci-archive", done.stderr)


# In the binary, whichever Debian it is built on. Of shared libraries the package's name has their version in it.
BUILT_IN = {"nlohmann-json3-dev", "libcli11-dev", "libdtl-dev", "libspdlog-dev", "libyaml-cpp-dev"}
SHARED = (r"libssl3(t64)?", r"libsimdjson\d+(t64)?", r"libprometheus-cpp-core\d.*", r"libfmt\d+", r"libstdc\+\+6", r"libgcc-s1", r"libc6")


def assert_sbom(test, text, artefact, architectures):
    """SPDX 2.3: what the specification requires of a document, a package and a relationship, and the packages that irsa is made of."""
    document = json.loads(text)
    test.assertEqual((document["spdxVersion"], document["dataLicense"], document["SPDXID"], document["name"]),
                     ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT", artefact.name))
    test.assertRegex(document["documentNamespace"], r"^https://[^#\s]+$")
    test.assertRegex(document["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    test.assertTrue(all(re.match(r"(Tool|Organization|Person): .+", creator) for creator in document["creationInfo"]["creators"]))
    irsa, *others = packages = document["packages"]
    digest = hashlib.sha256(artefact.read_bytes()).hexdigest()
    test.assertEqual((irsa["name"], irsa["licenseDeclared"], irsa["checksums"]), ("irsa", "Apache-2.0", [{"algorithm": "SHA256", "checksumValue": digest}]))
    identifiers = [package["SPDXID"] for package in packages]
    test.assertEqual(len(identifiers), len(set(identifiers)))
    for package in packages:
        test.assertRegex(package["SPDXID"], r"^SPDXRef-[A-Za-z0-9.-]+$")
        test.assertTrue(package["versionInfo"] and package["downloadLocation"], package["name"])
    test.assertEqual({(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"]) for one in document["relationships"]},
                     {("SPDXRef-DOCUMENT", "DESCRIBES", irsa["SPDXID"])} | {(irsa["SPDXID"], "DEPENDS_ON", other["SPDXID"]) for other in others})
    for architecture in architectures:
        names = {other["name"] for other in others if other["SPDXID"].startswith(f"SPDXRef-{architecture}-")}
        test.assertEqual(BUILT_IN - names, set())
        test.assertTrue(names & {"cpp-httplib", "libcpp-httplib-dev"})
        for pattern in SHARED:
            test.assertTrue(any(re.fullmatch(pattern, name) for name in names), f"{pattern} is not among {sorted(names)}")
        addresses = [reference["referenceLocator"] for other in others for reference in other.get("externalRefs", [])]
        test.assertTrue(all(re.match(r"pkg:deb/debian/[a-z0-9.+-]+@[\w.%~-]+\?arch=\w+$", address) for address in addresses), addresses)


def native_architecture():
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


class Sbom(unittest.TestCase):
    def setUp(self):
        if not GIVEN.is_file():
            self.skipTest("those of the release are looked at")
        self.artefact = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()), "irsa.tar.gz")
        self.artefact.write_bytes(b"an artefact")

    def make(self):
        return run("sbom", self.artefact, "1.2.3", TIME, f"{native_architecture()}={GIVEN}").stdout

    def test_names_what_the_binary_is_made_of(self):
        assert_sbom(self, self.make(), self.artefact, [native_architecture()])

    def test_is_the_same_each_time(self):
        self.assertEqual(self.make(), self.make())

    def test_wrong_usage(self):
        done = run("sbom", "artefact", "1.2.3", "0", "binary", check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: scripts/sbom", done.stderr)

    def test_libraries_are_those_that_the_loader_finds(self):
        lines = [line.split("\t") for line in run("libraries", GIVEN).stdout.splitlines()]
        loaded = subprocess.run(["ldd", GIVEN], check=True, capture_output=True, text=True).stdout
        self.assertEqual({str(pathlib.Path(file).resolve()) for _, file, _ in lines},
                         {str(pathlib.Path(file).resolve()) for file in re.findall(r"(/\S+) \(0x", loaded)})
        self.assertTrue(all(package for _, _, package in lines), lines)


class Release(unittest.TestCase):
    """A whole one."""

    def setUp(self):
        if not GIVEN.is_dir():
            self.skipTest("no release was given")
        self.version = re.search(r"project\(irsa VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        self.architectures = sorted(path.name.split("-")[3].split(".")[0] for path in GIVEN.glob("irsa-*-linux-*.tar.gz"))
        self.assertTrue(self.architectures, "no tarball of any architecture")

    def test_has_every_artefact_and_no_other(self):
        held = [f"irsa-{self.version}-linux-{one}.tar.gz" for one in self.architectures] + [f"irsa-{self.version}-image.tar"]
        packages = [path.name for path in GIVEN.glob("irsa_*.deb")]
        self.assertGreater(len(packages), 0)
        self.assertEqual(len(packages) % len(self.architectures), 0, "one for each Debian release and architecture")
        held += packages
        self.assertEqual(sorted(path.name for path in GIVEN.iterdir()), sorted([
            *held, *(f"{name}.spdx.json" for name in held), f"irsa-{self.version}.tgz", f"irsa-{self.version}.yaml", "release-notes.md", "SHA256SUMS"]))

    def test_checksums_are_right(self):
        done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=GIVEN, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_image_is_of_each_architecture(self):
        archive = Archive(self, GIVEN / f"irsa-{self.version}-image.tar")
        images = archive.images()
        self.assertEqual(sorted(images), self.architectures)
        machines = {"amd64": 62, "arm64": 183}  # e_machine of ELF
        for architecture, (_, layer) in images.items():
            for entry in layer.getmembers():
                if entry.isfile() and (head := layer.extractfile(entry).read(20)).startswith(b"\x7fELF"):
                    self.assertEqual(int.from_bytes(head[18:20], "little"), machines[architecture], entry.name)
            self.assertTrue(layer.getmember("usr/share/doc/irsa/LICENSE").isfile())
        archive.assert_whole()

    def test_sboms_are_of_their_artefacts(self):
        found = list(GIVEN.glob("*.spdx.json"))
        self.assertTrue(found)
        for path in found:
            with self.subTest(path.name):
                artefact = path.with_name(path.name.removesuffix(".spdx.json"))
                of = [one for one in self.architectures if re.search(rf"[-_]{one}\.", artefact.name)] or self.architectures
                assert_sbom(self, path.read_text(), artefact, of)

    def test_packages_are_of_their_architecture_and_depend_on_the_same(self):
        depends = {}
        for path in GIVEN.glob("irsa_*.deb"):
            fields = {field: subprocess.run(["dpkg-deb", "-f", path, field], check=True, capture_output=True, text=True).stdout.strip()
                      for field in ("Architecture", "Depends", "Version")}
            self.assertTrue(path.name.endswith(f"_{fields['Architecture']}.deb"))
            self.assertTrue(fields["Version"].startswith(f"{self.version}-1~deb"))
            debian = fields["Version"].partition("~deb")[2]
            depends.setdefault(debian, {})[fields["Architecture"]] = {re.match(r"\S+", one)[0] for one in fields["Depends"].split(", ")}
        for of in depends.values():
            self.assertEqual(sorted(of), self.architectures)
            for names in of.values():
                self.assertEqual(names, of[self.architectures[0]])
                self.assertIn("libc6", names)


if __name__ == "__main__":
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).exists():
        sys.exit(__doc__)
    GIVEN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
