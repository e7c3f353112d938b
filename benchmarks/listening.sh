#!/usr/bin/env bash
# How fast does a large farm answer, while it writes? Fills a farm by the real way, keeps a producer at half of what the
# workers can do, and times what people ask, nine times each.
#
#   benchmarks/listening.sh [--count N] [--authors N] [--brands N] [--workers N] [--seed N] [--partitions N] [--rate N]
#                           [--plans FILE]
#
# 5,000,000 mentions of 1,000,000 authors about 100 brands by Zipf, without more. --rate is in records a second (half of
# what was measured while filling). Uses KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL when both are set (a fresh topic, which
# must exist, in MENTIONS_TOPIC, and an empty database), else brings up its own. Prints a table, then one JSON line with
# medians in milliseconds; --plans gets each query with EXPLAIN (ANALYZE, BUFFERS). Programs are timed from their start to
# their end. Needs a release build, psql and python3.
set -euo pipefail

count=5000000 authors=1000000 brands=100 workers=2 seed=1 partitions=256 rate='' plans=''
while [ $# -gt 0 ]; do
    case "$1" in
        --count) count=$2 ;;
        --authors) authors=$2 ;;
        --brands) brands=$2 ;;
        --workers) workers=$2 ;;
        --seed) seed=$2 ;;
        --partitions) partitions=$2 ;;
        --rate) rate=$2 ;;
        --plans) plans=$2 ;;
        *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
export MENTIONS_TOPIC=${MENTIONS_TOPIC:-mentions}
if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${DATABASE_URL:-}" ]; then start_services "$partitions"; fi
running=()
stop_all() { for pid in "${running[@]}"; do kill "$pid" 2>/dev/null || true; done; wait "${running[@]}" 2>/dev/null || true; }
trap 'stop_all; if [ -n "$services" ]; then kill "$services" 2>/dev/null || true; wait "$services" || true; fi; rm -rf "$work"' EXIT
ask() { psql "$DATABASE_URL" -X -q -v ON_ERROR_STOP=1 -At -c "$1"; }
pause() { read -rt "$1" <> <(:) || true; }

# Mentions of the last weeks: scores, queues and signals are of today.
start=$(python3 -c 'import datetime
print((datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=28)).strftime("%Y-%m-%dT%H:%M:%SZ"))')
# The embedded broker holds 5 MiB a partition, as compressed.
packed=(--kafka-property compression.codec=zstd --kafka-property compression.level=3 --kafka-property linger.ms=2000)
generate() {
    "$bin/mention-producer" generate --authors "$authors" --brands "$brands" "${packed[@]}" "$@"
}

"$bin/mention-admin" migrate >&2
"$bin/mention-producer" generate --count 1 --brands "$brands" --to-stdout --brands-out "$work/brands.ndjson" >/dev/null
"$bin/mention-admin" brands import "$work/brands.ndjson" >&2
brand=$(python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())["name"])' "$work/brands.ndjson")

say "filling with $count records…"
for n in $(seq "$workers"); do
    "$bin/mention-worker" >"$work/worker-$n.json" 2>"$work/worker-$n.log" &
    running+=($!)
done
begin=$(date +%s.%N)
generate --seed "$seed" --count "$count" --start-at "$start" --span 28d --manifest "$work/manifest.json" >"$work/producer.json"
records="SELECT coalesce(sum(records), 0) FROM mention_farm.progress"
alive() {
    for pid in "${running[@]}"; do
        kill -0 "$pid" 2>/dev/null || { say "a program ended:"; tail -n 5 "$work"/*.log >&2; exit 70; }
    done
}
until [ "$(ask "$records")" -ge "$count" ]; do alive; pause 1; done
speed=$(python3 -c 'import sys, time; print(int(int(sys.argv[1]) / (time.time() - float(sys.argv[2]))))' "$count" "$begin")
"$bin/mention-admin" lag --json | python3 -c 'import json, sys
lost = [row["partition"] for row in map(json.loads, sys.stdin) if row["low"] != 0]
if lost: sys.exit(f"the broker dropped records of partitions {lost} (low watermarks are not 0): more partitions")'
say "written at $speed records a second; relating…"
until [ "$(ask "SELECT count(*) FROM mention_farm.progress WHERE related_through IS DISTINCT FROM next_offset")" = 0 ]; do
    alive; pause 2
done
ask "ANALYZE" >&2 2>/dev/null || true

rate=${rate:-$((speed / 2))}
say "$rate records a second go on while questions are asked…"
generate --seed $((seed + 1)) --count $((rate * 7200)) --span 2h --rate "$rate" --start-at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    >"$work/flow.json" 2>"$work/flow.log" &
running+=($!)
# The newest partition is to be as full as they get while nobody indexes it: let some rows come first.
until [ "$(ask "$records")" -ge $((count + 20 * rate)) ]; do alive; pause 1; done

python3 - "$bin" "$brand" "$work" "$count" "$speed" "$rate" "$workers" "$plans" "$DATABASE_URL" <<'PY'
import json, os, re, statistics, subprocess, sys, time
binary, brand, work, count, speed, rate, workers, plans, url = sys.argv[1:]
def psql(text):
    done = subprocess.run(["psql", url, "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1"], input=text, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout.strip()
quoted = "'" + brand.replace("'", "''") + "'"
top = f"SELECT * FROM mention_farm.advocate WHERE brand = {quoted} ORDER BY score DESC LIMIT 100"
author = psql(f"SELECT author_handle FROM mention_farm.advocate WHERE brand = {quoted} ORDER BY score DESC LIMIT 1")
sizes = psql(f"SELECT (SELECT count(*) FROM mention_farm.advocate WHERE brand = {quoted}), (SELECT count(*) FROM mention_store.mention)").split("|")
newest = psql("SELECT count(*) FROM mention_store.mention WHERE mention_no >= (SELECT max(lower_no) FROM mention_store.mention_partition"
              " WHERE lower_no <= (SELECT max(mention_no) FROM mention_store.mention))")
queue = "SELECT * FROM mention_farm.triage WHERE status = 'open' ORDER BY priority, due_at LIMIT 50"
queries = {"advocate_view_top_100": (top, 300)}
if psql("SELECT count(*) FROM (SELECT 1 FROM mention_farm.triage LIMIT 1) AS t") == "1":
    queries["triage_next_50"] = (queue, 20)
    queries["triage_next_50_of_brand"] = (queue.replace("WHERE", f"WHERE brand = {quoted} AND"), 20)
def has(command):
    listed = subprocess.run([binary + "/mention-admin", "--help"], capture_output=True, text=True).stdout
    return re.search(rf"^  {command}\b", listed, re.M) is not None
programs = {"advocates": (["advocates", brand, "--json"], 50)}
if has("explain"):
    programs["explain"] = (["explain", brand, author], 50)
programs["search_common"] = (["search", "battery", "great", "--json"], 300)
programs["search_rare"] = (["search", "doorbell", "Bergen", "flawless", "--json"], 300)
programs["search_of_brand"] = (["search", "delivery", "--brand", brand, "--json"], 300)
programs["start_alone"] = (["--help"], None)
results = {}
for name, (query, goal) in queries.items():
    text = "\\timing on\n\\o /dev/null\n" + (query + ";\n") * 10
    times = [float(t) for t in re.findall(r"Time: ([0-9.]+) ms", psql(text))][1:]
    results[name] = (statistics.median(times), min(times), max(times), goal)
for name, (arguments, goal) in programs.items():
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        done = subprocess.run([binary + "/mention-admin", *arguments], capture_output=True, text=True)
        times.append((time.perf_counter() - begin) * 1000)
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")
    times = times[1:]
    results[name] = (statistics.median(times), min(times), max(times), goal)
print(f"{'what':26}{'median':>9}{'least':>9}{'most':>9}{'goal':>7}   ms")
for name, (median, least, most, goal) in results.items():
    print(f"{name:26}{median:9.1f}{least:9.1f}{most:9.1f}{goal or '':>7}")
if plans:
    with open(plans, "w") as file:
        for name, (query, _) in queries.items():
            file.write(f"-- {name}\n{query};\n{psql('EXPLAIN (ANALYZE, BUFFERS) ' + query)}\n\n")
        # What programs ask goes through auto_explain to the log of the server that this script started.
        options = ("-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=1 -c auto_explain.log_analyze=on"
                   " -c auto_explain.log_buffers=on")
        log = psql("SHOW data_directory") + "/server.log"
        for name, (arguments, goal) in programs.items():
            if goal is None or not os.access(log, os.R_OK):
                continue
            before = os.path.getsize(log)
            done = subprocess.run([binary + "/mention-admin", *arguments], capture_output=True, text=True,
                                  env={**os.environ, "PGOPTIONS": options})
            with open(log) as lines:
                lines.seek(before)
                file.write(f"-- mention-admin {' '.join(arguments)}\n{done.stderr}{lines.read()}\n\n")
print(json.dumps({"records": int(count), "workers": int(workers), "records_per_second": int(speed), "rate": int(rate),
                  "brand": brand, "authors_of_brand": int(sizes[0]), "mentions": int(sizes[1]),
                  "mentions_in_newest_partition": int(newest),
                  "median_ms": {name: round(result[0], 1) for name, result in results.items()},
                  "missed": [name for name, result in results.items() if result[3] and result[0] > result[3]]}))
PY
