# shellcheck shell=bash
# Sourced by the other scripts: where the project is, how they speak, how they build, and how they start a server.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # used by the scripts
binary=$root/build/release/irsa
# Each is set in one place, which test/docs/release_files_test.py compares others with.
# shellcheck disable=SC2034
project_version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
# shellcheck disable=SC2034
image_name=$(sed -n 's/^  repository: //p' "$root/deploy/helm/irsa/values.yaml")

say() { printf '\n== %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# wrong_usage MESSAGE: ends with status 2, and says what the usage is that stands at the script's head.
wrong_usage() {
  printf '%s: %s; usage: %s\n' "$(basename "$0")" "$1" "$(sed -n 's/^# usage: //p' "$0")" >&2
  exit 2
}

# refuse_more_than COUNT ARGUMENT...: the same when there are more arguments than that.
refuse_more_than() {
  local most=$1
  shift
  [ $# -le "$most" ] || wrong_usage "unexpected argument '${!#}'"
}

# summarize PASSED FAILED SKIPPED [LINE...]: prints the lines, which say what failed, and the counts; and adds them to the file
# IRSA_SUMMARY, if there is one, for .ci/run.
summarize() {
  local counts="$1 passed, $2 failed"
  if [ "$3" -gt 0 ]; then counts+=", $3 skipped"; fi
  if [ -n "${IRSA_SUMMARY:-}" ]; then printf '%s\n' "$1 $2 $3" "${@:4}" >>"$IRSA_SUMMARY"; fi
  printf '%s\n' "${@:4}" "$counts"
}

# has_go: whether there is the Go that builds what the end-to-end tests run on; sets go_version to that which is there.
readonly go_wanted=1.26
has_go() {
  go_version=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
  [ "$(printf '%s\n' "$go_wanted" "${go_version:-0}" | sort -V | head -n 1)" = "$go_wanted" ]
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
  local preset=$1
  shift
  (cd "$root" && cmake --preset "$preset" "${configure_options[@]}" >"$root/build/configure-$preset.log" 2>&1) ||
    { cat "$root/build/configure-$preset.log" >&2; return 1; }
  (cd "$root" && cmake --build --preset "$preset" -j "$(jobs_for_this_machine)" "$@")
}
configure_options=()
mkdir -p "$root/build"

# start_server LOG COMMAND...: starts a server, sets `server` to its process id, and returns when it logs "ready", with that line
# in `ready`. Status 1 when the server ends before. Everything that it prints, then and later, goes to LOG.
#
# The server prints into a pipe, which exists before it starts and ends when it ends. A log file would have to be followed, which
# fails when the reader opens it before the server creates it.
start_server() {
  local log=$1 output line
  shift
  ready=''
  exec {output}< <(exec "$@" </dev/null 2>&1)
  # shellcheck disable=SC2034  # used by the scripts
  server=$!
  : >"$log"
  while [ -z "$ready" ]; do
    if ! IFS= read -r line <&"$output"; then
      printf '%s' "$line" >>"$log"  # without a line end, and so not whole
      exec {output}<&-
      return 1
    fi
    printf '%s\n' "$line" >>"$log"
    case $line in *'"msg":"ready"'*) ready=$line ;; esac
  done
  cat <&"$output" >>"$log" &
  exec {output}<&-
}
