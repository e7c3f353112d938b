#!/usr/bin/env bash
# Runs of the whole farm, with a table, plots and JSON in benchmarks/results/.
#
#   benchmarks/run.sh backlog|live|scale|growth|brands|batch|compare|stages [OPTIONS]
#   benchmarks/run.sh backlog --help
#
# Brings up a broker and a PostgreSQL of its own, or takes those of KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL (with the
# topic of MENTIONS_TOPIC). Needs a release build, psql and python3; `compare` also a C compiler, and packages of PyPI,
# which it installs into ~/.cache/mention-farm-rivals (or RIVALS_PYTHON, a Python that has them). benchmarks/README.md
# says what each figure means.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case "${1:-}" in
    stages)
        shift
        # Built apart from the farm: its package does not know of it.
        scratch=${BENCHMARK_SCRATCH:-$root/.build/benchmarks-package}
        program=$scratch/release/farm-stages
        swift build -c release --package-path "$root/benchmarks" --scratch-path "$scratch" >&2
        exec "$program" "$@"
        ;;
    backlog | live | scale | growth | brands | batch | compare) ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
export MENTION_FARM_BIN=${MENTION_FARM_BIN:-$root/.build/release}
if [ ! -x "$MENTION_FARM_BIN/mention-worker" ]; then
    echo "building…" >&2
    (cd "$root" && swift build -c release >&2)
fi
exec python3 "$root/benchmarks/harness" "$@"
