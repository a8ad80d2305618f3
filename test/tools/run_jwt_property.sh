#!/usr/bin/env bash
# Compares irsa's reading of tokens with PyJWT's: see jwt_property.py. PyJWT comes from PyPI into an environment that is kept.
#
# usage: test/tools/run_jwt_property.sh [--tokens N] [--seed N] [--verdicts PROGRAM]
#   exit status 77: PyJWT cannot be had here
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

key=$({ cat "$here/requirements.txt"; python3 --version; } | sha256sum | cut -c1-16)
environment=${XDG_CACHE_HOME:-$HOME/.cache}/irsa-test/pyjwt-$key
if [ ! -d "$environment" ]; then
  made=$environment.$$
  trap 'rm -rf "$made"' EXIT
  if ! { python3 -m venv "$made" && "$made/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"; } >&2; then
    echo "skipped: PyJWT cannot be installed from PyPI" >&2
    exit 77
  fi
  # An environment knows its own path, so it cannot be renamed into place: its packages can be used from anywhere.
  mkdir -p "$(dirname "$environment")"
  mv -T "$made" "$environment" 2>/dev/null || true  # somebody else may have been faster
fi
site=$(echo "$environment"/lib/python3*/site-packages)
PYTHONPATH=$site exec python3 "$here/jwt_property.py" --default-verdicts "$root/build/dev/test/tools/jwt_verdicts" "$@"
