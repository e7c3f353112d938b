#!/usr/bin/env bash
# How long a partition stands still while a farm is scaled and restarted under load, as deploy/farm.sh does it.
#
#   benchmarks/scaling.sh [--rate N] [--partitions N] [--steady SECONDS]
#
# Three workers; restarted one by one; five; one; then all that was published must be there, and verify must pass. Looks at
# `progress` five times a second: a partition stands still from one step of its offset to the next, while records come in
# for it all the time. FARM_STATIC=1 measures static membership.
#
# Uses KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL when both are set (a fresh topic, which must exist, in MENTIONS_TOPIC, and
# an empty database), else brings up its own: with the embedded broker each rebalance lasts the session timeout less a
# second. Prints one JSON line; needs a build (MENTION_FARM_BIN), psql and python3.
set -euo pipefail

rate=1000 partitions=32 steady=10
while [ $# -gt 0 ]; do
    case "$1" in
        --rate) rate=$2 ;;
        --partitions) partitions=$2 ;;
        --steady) steady=$2 ;;
        *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
# shellcheck disable=SC2154 # of services.sh
export MENTION_FARM_BIN=$bin MENTIONS_TOPIC=${MENTIONS_TOPIC:-mentions} FARM_STATE=$work/farm
export MENTIONS_SESSION_TIMEOUT=${MENTIONS_SESSION_TIMEOUT:-6s}
farm=$root/deploy/farm.sh producer='' watcher=''
finish() {
    local child
    "$farm" down >/dev/null 2>&1 || true
    for child in $watcher $producer $services; do
        kill "$child" 2>/dev/null || true
        wait "$child" || true
    done
    rm -rf "$work"
}
trap finish EXIT
if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${DATABASE_URL:-}" ]; then start_services "$partitions"; fi
prepare_database 1

mark() {
    printf '%s %s\n' "$(date +%s.%N)" "$1" >>"$work/phases"
    say "$1"
}
# The farm as it runs, for who watches.
settle() { read -rt "$steady" <> <(:) || true; }

"$farm" up 3
"$bin/mention-producer" generate --rate "$rate" --count 100000000 --seed 1 >"$work/producer.json" 2>"$work/producer.log" &
producer=$!
psql -XAtq -F ' ' "$DATABASE_URL" >"$work/looks" 2>"$work/psql.log" <<'SQL' &
SELECT extract(epoch FROM clock_timestamp()), partition, next_offset, coalesce(owner, '-') FROM mention_farm.progress
\watch 0.2
SQL
watcher=$!
mark load; settle
mark restart; "$farm" restart; settle
mark five; "$farm" scale 5; settle
mark one; "$farm" scale 1; settle
mark end
kill "$producer"; wait "$producer" || true
producer=
kill "$watcher"; wait "$watcher" || true
watcher=

say "waiting for what is left…"
"$bin/mention-worker" --until-caught-up >"$work/last.json" 2>"$work/last.log" || { tail -n 3 "$work/last.log" >&2; exit 70; }
"$farm" down
"$bin/mention-admin" lag --json >"$work/lag.json"
"$bin/mention-admin" verify >"$work/verify.txt" || { cat "$work/verify.txt" >&2; exit 70; }
say "$(tail -n 1 "$work/verify.txt")"
python3 - "$work" "$rate" "$partitions" "${FARM_STATIC:-0}" <<'PY'
import json, sys
work, rate, partitions, static = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"
phases = [(float(line.split()[0]), line.split()[1]) for line in open(work + "/phases")]
begin, end = phases[0][0] + 2, phases[-1][0]
published = json.loads(open(work + "/producer.json").read().splitlines()[-1])["published"]
lag = [json.loads(line) for line in open(work + "/lag.json")]
if any(row["low"] for row in lag):
    sys.exit("the broker dropped records: publish fewer, or to more partitions")
if sum(row["next"] - row["low"] for row in lag) != published or any(row["lag"] for row in lag):
    sys.exit(f"published {published}, read {sum(row['next'] - row['low'] for row in lag)}")
# partition: (time of its last step, offset)
last, longest = {}, {name: 0.0 for _, name in phases[:-1]}
for line in open(work + "/looks"):
    fields = line.split()
    if len(fields) != 4 or not fields[2]:
        continue
    at, partition, offset = float(fields[0]), int(fields[1]), int(fields[2])
    if not begin <= at <= end:
        continue
    since, before = last.get(partition, (at, None))
    if offset != before:
        last[partition] = (at, offset)
    if before is not None:
        # Counted for the phase in which it began, however long it goes on.
        phase = [name for start, name in phases if start <= since][-1:] or [phases[0][1]]
        longest[phase[0]] = max(longest[phase[0]], at - since)
print(json.dumps({"static_membership": static, "rate": rate, "partitions": partitions, "published": published,
                  "verified": True, "longest_standstill_seconds": round(max(longest.values()), 1),
                  "by_phase": {name: round(value, 1) for name, value in longest.items()}}))
PY
