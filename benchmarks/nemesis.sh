#!/usr/bin/env bash
# The long run of faults: 500 in 30 minutes, everything checked in the end.
#
#   benchmarks/nemesis.sh [--seed N] [any option of mention-nemesis]
#
# Starts services of its own. The history goes to benchmarks/results/nemesis-SEED.json, the logs of a run that fails
# beside it; `mention-nemesis --replay` does such a run again. Exit code 0: all checks hold.
set -euo pipefail

seed=1
options=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seed) seed=$2; shift ;;
        --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) options+=("$1") ;;
    esac
    shift
done

root=$(cd "$(dirname "$0")/.." && pwd)
bin=${MENTION_FARM_BIN:-$root/.build/release}
for program in mention-nemesis mention-worker mention-producer; do
    [ -x "$bin/$program" ] || (cd "$root" && swift build -c release --product "$program" >&2)
done

results=$root/benchmarks/results
logs=$results/nemesis-$seed.logs
mkdir -p "$results"
code=0
"$bin/mention-nemesis" --seed "$seed" --history "$results/nemesis-$seed.json" --keep-logs "$logs" "${options[@]}" \
    || code=$?
if [ "$code" -eq 0 ]; then rm -rf "$logs"; else printf 'the logs are in %s\n' "$logs" >&2; fi
exit "$code"
