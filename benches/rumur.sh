#!/usr/bin/env bash
# States a second, side by side: tearline and rumur on the same protocol, one after the other, one
# thread, no symmetry. Rumur's verifier is compiled for this processor and keeps states unpacked,
# which is faster.
#
#   benches/rumur.sh [PROTOCOL] [CORES]
set -euo pipefail
cd "$(dirname "$0")/.."
protocol=${1:-directory-mesi}
cores=${2:-4}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo build --release --quiet
tearline=${CARGO_TARGET_DIR:-target}/release/tearline
"$tearline" export "$protocol" --to murphi --cores "$cores" --output "$folder/model.m"
rumur --symmetry-reduction off --deadlock-detection off --threads 1 --pack-state off \
    --output "$folder/model.c" "$folder/model.m"
cc -std=c11 -O3 -march=native -mcx16 "$folder/model.c" -o "$folder/model" -lpthread

# What a command prints goes to a file; what it took of the processor's time, in seconds, is said.
seconds() {
    local TIMEFORMAT=%U out=$1
    shift
    { time "$@" >"$out" 2>/dev/null; } 2>&1
}
ours=$(seconds "$folder/ours" "$tearline" check "$protocol" --cores "$cores" \
    --no-symmetry --no-liveness --jobs 1)
theirs=$(seconds "$folder/theirs" "$folder/model")

our_states=$(sed -n 's/^states  *\([0-9]*\);.*/\1/p' "$folder/ours")
their_states=$(sed -n 's/^\t\([0-9]*\) states, .*fired in.*/\1/p' "$folder/theirs" | tail -1)
[ "$our_states" = "$their_states" ] || {
    echo "tearline finds $our_states states, rumur $their_states" >&2
    exit 1
}
awk -v name="$protocol" -v cores="$cores" -v n="$our_states" -v a="$ours" -v b="$theirs" 'BEGIN {
    printf "%s, %d caches: %d states\n", name, cores, n
    printf "tearline %8.2f s  %6.3f million states/s\n", a, n / a / 1e6
    printf "rumur    %8.2f s  %6.3f million states/s\n", b, n / b / 1e6
    printf "ratio    %8.1f\n", b / a
}'
