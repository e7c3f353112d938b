#!/usr/bin/env bash
# Recall and precision of near copies against brute force, and what they cost.
#
#   benchmarks/copies.sh [--texts FILE] [--pairs N] [--count N] [--data FOLDER]
#
# Planted pairs at a Jaccard similarity of 0.7 to 1, all pairs of some texts, processor time and memory a mention, hot
# clusters, a rebuild. Prints JSON lines; on a terminal a table. --texts takes a file with a text a line in place of
# generated texts. --data takes the folder that holds airline_mentions.csv and twitter_v11_mean_stack.jsonl, and shows
# their ten largest clusters with near copies; it needs python3.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }
pairs=20000 count=400000 data=
texts=()
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) usage; exit 0 ;;
        --texts | --pairs | --count | --data)
            [ $# -gt 1 ] || { echo "$1 needs a value" >&2; usage >&2; exit 64; } ;;&
        --texts) texts=(--texts "$2") ;;
        --pairs) pairs=$2 ;;
        --count) count=$2 ;;
        --data) data=$2 ;;
        *) usage >&2; exit 64 ;;
    esac
    shift 2
done

root=$(cd "$(dirname "$0")/.." && pwd)
program=${PROGRAM:-$root/.build/release/mention-copies}
[ -x "$program" ] || (cd "$root" && swift build -c release --product mention-copies >&2)
"$program" plant --pairs "$pairs" "${texts[@]}"
"$program" brute --count $((pairs / 4)) "${texts[@]}"
"$program" cost --count "$count" "${texts[@]}"
[ -n "$data" ] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 - "$data" "$scratch" <<'PY'
import calendar, csv, json, sys, time
data, scratch = sys.argv[1:]
def write(name, rows):
    with open(f"{scratch}/{name}.tsv", "w", encoding="utf-8") as out:
        for seconds, text in rows:
            out.write(f"{int(seconds * 1e6)}\t{' '.join(text.split())}\n")
with open(f"{data}/airline_mentions.csv", encoding="utf-8", errors="replace") as file:
    write("airline", [(calendar.timegm(time.strptime(row["tweet_created"], "%d-%m-%Y %H.%M")), row["text"])
                      for row in csv.DictReader(file)])
with open(f"{data}/twitter_v11_mean_stack.jsonl", encoding="utf-8") as file:
    rows = [json.loads(line) for line in file if line.strip()]
write("mean_stack", [(calendar.timegm(time.strptime(row["created_at"], "%a %b %d %H:%M:%S +0000 %Y")), row["text"])
                     for row in rows])
PY
for name in airline mean_stack; do
    "$program" clusters "$scratch/$name.tsv"
    "$program" clusters --near "$scratch/$name.tsv"
done
