# shellcheck shell=bash
# Sourced by the other scripts: where the project is, how they speak, and how they end what they started.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # used by the scripts
binary=$root/build/release/irsa

say() { printf '\n== %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# refuse_more_than COUNT USAGE ARGUMENT...: ends with status 2 when there are more arguments than that.
refuse_more_than() {
  local most=$1 usage=$2
  shift 2
  [ $# -le "$most" ] && return
  printf "%s: argument '%s' is one too many; usage: %s\n" "$(basename "$0")" "${!#}" "$usage" >&2
  exit 2
}

# As many jobs as cores, and no more than memory allows at about 1.5 GB a compiler.
jobs_for_this_machine() {
  local cores memory_gb
  cores=$(nproc)
  memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  local by_memory=$((memory_gb * 2 / 3))
  [ "$by_memory" -ge 1 ] || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# configure_and_build PRESET [cmake --build arguments...]
configure_and_build() {
  local preset=$1 launcher=()
  shift
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  (cd "$root" && cmake --preset "$preset" "${launcher[@]}" "${configure_options[@]}" >"$root/build/configure-$preset.log" 2>&1) ||
    { cat "$root/build/configure-$preset.log" >&2; return 1; }
  (cd "$root" && cmake --build --preset "$preset" -j "$(jobs_for_this_machine)" "$@")
}
configure_options=()
export CCACHE_SLOPPINESS=pch_defines,time_macros  # without them ccache keeps nothing that uses precompiled headers
mkdir -p "$root/build"
