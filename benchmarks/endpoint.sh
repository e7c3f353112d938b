#!/usr/bin/env bash
# What the metrics of a worker cost: its processor time per scrape of /metrics, and the bytes of the page.
#
#   benchmarks/endpoint.sh [--partitions N] [--scrapes N]
#
# One worker that holds all partitions (64), each with records; then so many scrapes (500) one after the other,
# against as long a time without any. Prints one JSON line; needs a build (MENTION_FARM_BIN), curl and python3.
set -euo pipefail

partitions=64 scrapes=500
while [ $# -gt 0 ]; do
    case "$1" in
        --partitions) partitions=$2 ;;
        --scrapes) scrapes=$2 ;;
        *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
export MENTIONS_TOPIC=mentions
worker=''
finish() {
    local child
    # shellcheck disable=SC2154 # of services.sh
    for child in $worker $services; do
        kill "$child" 2>/dev/null || true
        wait "$child" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
start_services "$partitions"
prepare_database 1
# shellcheck disable=SC2154 # of services.sh
"$bin/mention-producer" generate --count $((partitions * 400)) --seed 1 >/dev/null 2>&1
"$bin/mention-worker" --metrics-address 127.0.0.1:0 --actions-topic "" >/dev/null 2>"$work/worker.log" &
worker=$!
until grep -q 'metrics at' "$work/worker.log"; do read -rt 0.2 <> <(:) || true; done
address=$(grep -o 'http://[^ ]*/metrics' "$work/worker.log" | head -n 1)
# All is read and related, each partition has its gauges, and nothing else goes on.
until curl -sf "$address" >"$work/page" && [ "$(grep -c '^mention_farm_next_offset{' "$work/page")" = "$partitions" ] &&
    ! grep '^mention_farm_lag_records{' "$work/page" | grep -qv ' 0$' &&
    [ "$("$bin/mention-admin" lag --json | grep -c '"lag":0[,}]')" = "$partitions" ]; do
    read -rt 1 <> <(:) || true
done
read -rt 20 <> <(:) || true

python3 - "$worker" "$address" "$scrapes" "$partitions" <<'PY'
import json, os, sys, time, urllib.request
process, address, scrapes, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tick = os.sysconf("SC_CLK_TCK")
def spent():
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / tick
begin, before = time.time(), spent()
for _ in range(scrapes):
    page = urllib.request.urlopen(address).read()
lasted, scraped = time.time() - begin, spent() - before
before = spent()
time.sleep(max(lasted, 10))
idle = (spent() - before) / max(lasted, 10) * lasted
each = (scraped - idle) / scrapes
print(json.dumps({"partitions": partitions, "page_bytes": len(page), "scrapes": scrapes,
                  "cpu_milliseconds_per_scrape": round(each * 1000, 2),
                  "percent_of_a_core_at_5_seconds": round(each / 5 * 100, 3)}))
PY
