#!/usr/bin/env bash
# Do scores tell advocates from those who only look like it? Plants advocates, critics, bots, self-promoters and
# sock-puppets in a generated stream, takes it through the farm, and looks at who stands where in the view advocate.
#
#   benchmarks/advocates.sh [--seed N] [--authors N] [--count N] [--span DURATION] [--workers N] [--partitions N]
#                           [--out FILE] [OPTIONS OF generate, such as --plant-bots 300 --bots texts=recombined]
#
# Without more, 200 of each kind among 50,000 authors, in 42 days that end today. What the kinds do is in
# `mention-producer generate --help`. The goals, for each planted brand with 100 planted advocates or more:
#   precision at 100 for planted advocates of at least 0.95, and no bot, self-promoter or sock-puppet in the top 200.
#
# Uses KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL when both are set (a fresh topic, which must exist, in MENTIONS_TOPIC,
# and an empty database), else brings up its own. Prints a table, then one JSON line; --out writes all ranked authors
# as CSV. Exit code 1 when a goal is missed. Needs a release build, psql and python3.
set -euo pipefail

seed=1 authors=50000 count=400000 span=42d workers=2 partitions=64 out=
declare -a passed=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seed) seed=$2 ;;
        --authors) authors=$2 ;;
        --count) count=$2 ;;
        --span) span=$2 ;;
        --workers) workers=$2 ;;
        --partitions) partitions=$2 ;;
        --out) out=$2 ;;
        -h | --help) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 0 ;;
        --*) [ $# -gt 1 ] || { printf '%s needs a value\n' "$1" >&2; exit 64; }; passed+=("$1" "$2") ;;
        *) sed -n '2,16s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done
for kind in advocates critics bots self-promoters sock-puppets; do
    case " ${passed[*]-} " in *" --plant-$kind "*) ;; *) passed+=("--plant-$kind" 200) ;; esac
done
# Scores are of today: the stream ends now, unless it is told when to start.
case " ${passed[*]} " in
    *" --start-at "*) ;;
    *)
        start=$(python3 -c 'import datetime, re, sys
number, unit = re.fullmatch(r"(\d+)([smhd])", sys.argv[1]).groups()
seconds = int(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
print(begin.strftime("%Y-%m-%dT%H:%M:%SZ"))' "$span") || { printf -- '--span must be like 42d\n' >&2; exit 64; }
        passed+=(--start-at "$start")
        ;;
esac

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
export MENTIONS_TOPIC=${MENTIONS_TOPIC:-mentions}
if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || [ -z "${DATABASE_URL:-}" ]; then start_services "$partitions"; fi
# psql knows URLs of one host with options; PG* variables go on as they are.
ask() { psql "$DATABASE_URL" -X -q -v ON_ERROR_STOP=1 -At -c "$1"; }

"$bin/mention-admin" migrate >&2
say "publishing $count records…"
"$bin/mention-producer" generate --seed "$seed" --authors "$authors" --count "$count" --span "$span" "${passed[@]}" \
    --brands-out "$work/brands.ndjson" --manifest "$work/manifest.json" >"$work/producer.json"
"$bin/mention-admin" brands import "$work/brands.ndjson" >&2
"$bin/mention-admin" lag --json >"$work/lag.json"
python3 -c 'import json, sys
lost = [row["partition"] for row in map(json.loads, open(sys.argv[1])) if row["low"] != 0]
if lost:
    sys.exit(f"the broker dropped records of partitions {lost} (low watermarks are not 0): publish fewer, or more partitions")' \
    "$work/lag.json"

say "draining with $workers workers, until all is related…"
pids=()
for n in $(seq "$workers"); do
    "$bin/mention-worker" >"$work/worker-$n.json" 2>"$work/worker-$n.log" &
    pids+=($!)
done
# What is left of the records, and the partitions in which mentions are not related to each other yet.
left="SELECT $count - coalesce(sum(records), 0) || ' ' ||
             count(*) FILTER (WHERE related_through IS DISTINCT FROM next_offset) FROM mention_farm.progress"
until [ "$(ask "$left")" = "0 0" ]; do
    for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null || { say "a worker ended:"; tail -n 5 "$work"/worker-*.log >&2; exit 70; }
    done
    read -rt 1 <> <(:) || true
done
for pid in "${pids[@]}"; do kill "$pid"; done
for pid in "${pids[@]}"; do wait "$pid" || { say "a worker failed:"; tail -n 5 "$work"/worker-*.log >&2; exit 70; }; done

psql "$DATABASE_URL" -X -q -v ON_ERROR_STOP=1 -c "\\copy (SELECT * FROM mention_farm.advocate) TO '$work/advocates.csv' WITH (FORMAT csv, HEADER)"
python3 - "$work" "$seed" "$out" <<'PY'
import csv, json, sys
work, seed, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
manifest = json.load(open(work + "/manifest.json"))
planted = {}
for author in manifest["planted"]:
    key = author.get("author_id") or author["author"].get("id") or author["author"]["handle"]
    planted[(author["brand"], author["source"], key)] = author
brands = {author["brand"] for author in manifest["planted"] if "author_id" in author}
rows = {brand: [] for brand in brands}
for row in csv.DictReader(open(work + "/advocates.csv", newline="")):
    if row["brand"] in brands:
        plant = planted.get((row["brand"], row["source"], row["author_id"]))
        row["kind"] = plant["kind"] if plant else "other"
        row["ring"] = plant.get("ring", "") if plant else ""
        row["score"] = float(row["score"])
        rows[row["brand"]].append(row)
kinds = ["advocate", "other", "critic", "bot", "self_promoter", "sock_puppet"]
attackers = {"bot", "self_promoter", "sock_puppet"}
parts = ["confidence_lower", "presence", "reach", "amplification", "dialogue", "defence", "originality", "constancy"]
results, missed = [], []
for brand in sorted(rows, key=lambda brand: -len(rows[brand])):
    # Of equals, those that do us no good come first.
    rows[brand].sort(key=lambda row: (-row["score"], row["kind"] == "advocate"))
    ranked = rows[brand]
    best = {kind: next((n for n, row in enumerate(ranked, 1) if row["kind"] == kind), None) for kind in kinds}
    top = [row["kind"] for row in ranked[:200]]
    precision = top[:100].count("advocate") / 100
    intruders = {kind: top.count(kind) for kind in sorted(attackers)}
    advocates = sum(1 for (name, _, _), author in planted.items() if name == brand and author["kind"] == "advocate")
    print(f"\n{brand}: {len(ranked)} authors, {advocates} planted advocates, precision at 100: {precision:.2f}")
    print(f"{'kind':14}{'authors':>8}{'best':>7}{'top 100':>8}{'top 200':>8}{'read +':>7}{'median':>8}{'max':>7}  mean of "
          + " ".join(f"{part[:6]:>6}" for part in parts))
    for kind in kinds:
        of_kind = [row for row in ranked if row["kind"] == kind]
        if not of_kind:
            continue
        mentions = sum(int(row["mentions"]) for row in of_kind)
        positive = sum(int(row["positive"]) for row in of_kind)
        means = [sum(float(row[part] or 0) for row in of_kind) / len(of_kind) for part in parts]
        print(f"{kind:14}{len(of_kind):8}{best[kind]:7}{top[:100].count(kind):8}{top.count(kind):8}"
              f"{positive / mentions:7.2f}{of_kind[len(of_kind) // 2]['score']:8.1f}{of_kind[0]['score']:7.1f}          "
              + " ".join(f"{mean:6.2f}" for mean in means))
    if advocates >= 100 and precision < 0.95:
        missed.append(f"{brand}: precision at 100 is {precision}")
    missed += [f"{brand}: {number} {kind}s in the top 200" for kind, number in intruders.items() if number]
    results.append({"brand": brand, "precision_at_100": precision, "in_top_200": intruders,
                    "best_rank": {kind: rank for kind, rank in best.items() if rank}})
if out:
    with open(out, "w", newline="") as file:
        names = ["kind", "ring"] + [name for name in next(iter(rows.values()))[0] if name not in ("kind", "ring")]
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for ranked in rows.values():
            writer.writerows(ranked)
for line in missed:
    print("missed: " + line, file=sys.stderr)
print(json.dumps({"seed": seed, "passed": not missed, "brands": results}))
sys.exit(1 if missed else 0)
PY
