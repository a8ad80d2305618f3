#!/usr/bin/env bash
# build.sh OUT [MODULE]: builds the helm that the module file MODULE names (go.mod here, unless given) into OUT. Its
# Kubernetes libraries are those of ../testbed/go.mod, so that both are built from the same packages.
set -euo pipefail
out=$(realpath -m "${1:?usage: build.sh OUT [MODULE]}")
cd "$(dirname "$0")"
module=${2:-go.mod}
version=$(go list -modfile="$module" -m -f '{{.Version}}' helm.sh/helm/v3)
# What `helm template`, which asks no cluster, takes the cluster's version to be.
minor=$(go list -modfile="$module" -m -f '{{.Version}}' k8s.io/client-go | cut -d. -f2)
CGO_ENABLED=0 go build -modfile="$module" -trimpath -o "$out" -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$version \
  -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$minor" helm.sh/helm/v3/cmd/helm
