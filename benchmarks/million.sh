#!/usr/bin/env bash
# A million generated mentions through the whole farm: every count checked against the generator's manifest.
#
#   benchmarks/million.sh [--count N] [--workers N] [--seed N] [--partitions N] [-- OPTIONS OF generate]
#
# Memory behind the largest lag that the embedded broker holds (5 MiB a partition, as compressed):
#   benchmarks/million.sh --count 5000000 --partitions 256 --workers 1 -- \
#       --kafka-property compression.codec=zstd --kafka-property compression.level=9 --kafka-property linger.ms=4000
#
# Uses KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL when both are set (a fresh topic, which must exist, in MENTIONS_TOPIC,
# and an empty database), else brings up its own. Prints one JSON line; needs a release build and python3.
set -euo pipefail

count=1000000 workers=2 seed=1 partitions=64
while [ $# -gt 0 ]; do
    case "$1" in
        --count) count=$2 ;;
        --workers) workers=$2 ;;
        --seed) seed=$2 ;;
        --partitions) partitions=$2 ;;
        --) shift; break ;;
        *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
export MENTIONS_TOPIC=${MENTIONS_TOPIC:-mentions}
if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${DATABASE_URL:-}" ]; then start_services "$partitions"; fi
prepare_database "$seed"
say "publishing $count records…"
"$bin/mention-producer" generate --count "$count" --seed "$seed" --manifest "$work/manifest.json" "$@" >"$work/producer.json"
"$bin/mention-admin" lag --json >"$work/lag.json"
python3 -c 'import json, sys
lost = [row["partition"] for row in map(json.loads, open(sys.argv[1])) if row["low"] != 0]
if lost:
    sys.exit(f"the broker dropped records of partitions {lost} (low watermarks are not 0): publish fewer, or better packed")' \
    "$work/lag.json"

# Runs a program and writes down the most memory that it held, in megabytes.
peak() {
    python3 -c 'import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss // 1024, used.ru_utime + used.ru_stime, file=open(sys.argv[1], "w"))
sys.exit(code)' "$@"
}

say "draining with $workers workers…"
begin=$(date +%s.%N)
pids=()
for n in $(seq "$workers"); do
    peak "$work/worker-$n.peak" "$bin/mention-worker" --until-caught-up \
        >"$work/worker-$n.json" 2>"$work/worker-$n.log" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || { say "a worker failed:"; tail -n 5 "$work"/worker-*.log >&2; exit 70; }; done
end=$(date +%s.%N)

"$bin/mention-admin" verify >"$work/verify.txt" || { cat "$work/verify.txt" >&2; exit 70; }
say "$(tail -n 1 "$work/verify.txt")"
python3 - "$work" "$begin" "$end" "$workers" <<'PY'
import glob, json, sys
work, begin, end, workers = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
manifest = json.load(open(work + "/manifest.json"))
shares = [json.load(open(path)) for path in sorted(glob.glob(work + "/worker-*.json"))]
total = {key: sum(share[key] for share in shares) for key in ("records", "new", "redelivered", "revisions", "dead_letters")}
wanted = {"records": manifest["records"], "new": manifest["mentions"], "redelivered": manifest["redeliveries"],
          "revisions": manifest["revisions"], "dead_letters": manifest["dead_letters"]}
wrong = {key: (total[key], wanted[key]) for key in wanted if total[key] != wanted[key]}
if wrong:
    sys.exit(f"the counts differ from the manifest (counted, true): {wrong}")
seconds = end - begin
busy = max(share["seconds"] for share in shares)
used = [open(path).read().split() for path in glob.glob(work + "/worker-*.peak")]
print(json.dumps({"workers": workers, **total, "seconds": round(seconds, 1),
                  "records_per_second": round(total["records"] / seconds), "longest_worker_seconds": round(busy, 1),
                  "worker_cpu_microseconds_per_record": round(sum(float(u[1]) for u in used) / total["records"] * 1e6, 1),
                  "worker_peak_megabytes": max(int(u[0]) for u in used)}))
PY
