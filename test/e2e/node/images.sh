#!/usr/bin/env bash
# Makes the images of the node's tests: irsa.tar (localhost/irsa:VERSION, from a built binary) and busybox.tar
# (localhost/busybox:1, which is the sandbox of every pod as well).
#
# usage: images.sh OUT IRSA BUSYBOX       IRSA and BUSYBOX: the programs
set -euo pipefail
out=$(realpath -m "${1:?usage: images.sh OUT IRSA BUSYBOX}") irsa=$(realpath "$2") busybox=$(realpath "$3")
here=$(dirname "$(realpath "$0")")
project=$(realpath "$here/../../..")
mkdir -p "$out"
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

install -D "$busybox" "$work/busybox/bin/busybox"
for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$work/busybox/bin/$applet"; done
install -d -m 1777 "$work/busybox/tmp"
"$here/image.py" "$work/busybox" localhost/busybox:1 "$out/busybox.tar" --user 65535:65535 --cmd /bin/sleep infinity

"$project/scripts/image-root" "$irsa" "$work/irsa"
version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$project/CMakeLists.txt")
"$here/image.py" "$work/irsa" "localhost/irsa:$version" "$out/irsa.tar" --user 65532:65532 --entrypoint /usr/bin/irsa --cmd serve
