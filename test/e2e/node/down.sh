#!/usr/bin/env bash
# Ends what up.sh started: process 1 of the node, by its pid, and with it every process of the node. Removes its cgroups and STATE.
#
# usage: down.sh [--keep] STATE
#   --keep   keeps STATE, so that up.sh can switch the same node on again
set -euo pipefail
keep=
if [ "${1:-}" = --keep ]; then keep=yes; shift; fi
state=$(realpath "${1:?usage: down.sh [--keep] STATE}")
. "$(dirname "$(realpath "$0")")/settings.sh"
die() { echo "down.sh: $*" >&2; exit 1; }
[ -e "$state/cgroup-name" ] || die "$state was not made by up.sh"
if [ -e "$state/init.pid" ]; then
  pid=$(cat "$state/init.pid")
  # Only if it is still the node's: pids are reused.
  if grep -qzF "$state" "/proc/$pid/cmdline" 2>/dev/null; then
    kill -KILL "$pid"
    tail --pid="$pid" --sleep-interval=0.05 -f /dev/null  # until it has ended
  fi
fi
remove_cgroups "$(cat "$state/cgroup-name")" || die "the cgroup $(cat "$state/cgroup-name") is still in use"
if [ -n "$keep" ]; then touch "$state/kept"; else rm -rf "$state"; fi
