#!/usr/bin/env bash
# build.sh DIRECTORY: builds containerd, containerd-shim-runc-v2, ctr and kube-router, whose firewall enforces NetworkPolicy. The
# other programs of the node are in test/e2e/testbed's binary or come from Debian. Needs Go; minutes the first time.
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh DIRECTORY}")
cd "$(dirname "$0")"
mkdir -p "$out"
export CGO_ENABLED=0
version=$(cd runtime && go list -m -f '{{.Version}}' github.com/containerd/containerd/v2)
for program in containerd containerd-shim-runc-v2 ctr; do
  # Without the snapshotters that the node does not use.
  (cd runtime && go build -trimpath -tags 'no_btrfs no_devmapper no_zfs' -o "$out/$program" \
    -ldflags "-s -w -X github.com/containerd/containerd/v2/version.Version=$version" "github.com/containerd/containerd/v2/cmd/$program")
done
(cd network-policy && go build -trimpath -ldflags '-s -w' -o "$out/kube-router" github.com/cloudnativelabs/kube-router/v2/cmd/kube-router)
