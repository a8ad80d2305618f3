#!/usr/bin/env python3
"""Packs a directory as a container image for `ctr images import`: one layer, without a registry or a container engine.

usage: image.py DIRECTORY NAME ARCHIVE [--entrypoint WORD ...] [--cmd WORD ...] [--user UID:GID] [--env NAME=VALUE ...]
"""
import argparse
import hashlib
import io
import json
import os
import tarfile


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("name", help="such as localhost/pause:1")
    parser.add_argument("archive")
    parser.add_argument("--entrypoint", nargs="+", default=[])
    parser.add_argument("--cmd", nargs="+", default=[])
    parser.add_argument("--user", default="")
    parser.add_argument("--env", action="append", default=[])
    options = parser.parse_args()

    layer = options.archive + ".layer"
    def of_root(info):
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        return info

    with tarfile.open(layer, "w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(os.listdir(options.directory)):
            if entry not in ("proc", "sys", "dev"):  # the runtime mounts these
                tar.add(os.path.join(options.directory, entry), entry, filter=of_root)
        for entry in ("proc", "sys", "dev"):
            info = tarfile.TarInfo(entry)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
    digest = hashlib.sha256()
    with open(layer, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    config = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    config.update(pair.split("=", 1) for pair in options.env)
    image = json.dumps({
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine],
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "User": options.user,
            "Env": [f"{name}={value}" for name, value in config.items()],
            "Entrypoint": options.entrypoint or None,
            "Cmd": options.cmd or None,
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest.hexdigest()]},
    }).encode()
    image_name = hashlib.sha256(image).hexdigest() + ".json"
    manifest = json.dumps([{"Config": image_name, "RepoTags": [options.name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(options.archive, "w") as tar:
        for name, content in ((image_name, image), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        tar.add(layer, "layer.tar")
    os.remove(layer)


main()
