#!/usr/bin/env bash
# Proves that the checks of the nemesis can fail: runs it with workers that lack one protection each, and wants it red.
#
#   benchmarks/mutants.sh [--minutes N] [--only MUTATION]
#
# Prints a line for each mutation with the checks that it turned red, and how soon: a run ends at the first. Minutes (30)
# are how long a run may take that stays green. Exit code 0: all were found.
set -euo pipefail

minutes=30 only=
while [ $# -gt 0 ]; do
    case "$1" in
        --minutes) minutes=$2; shift 2 ;;
        --only) only=$2; shift 2 ;;
        *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
done

root=$(cd "$(dirname "$0")/.." && pwd)
bin=${MENTION_FARM_BIN:-$root/.build/release}
for program in mention-nemesis mention-worker mention-producer mutant-worker; do
    [ -x "$bin/$program" ] || (cd "$root" && swift build -c release --product "$program" >&2)
done

found=0 missed=0
# Each with the faults that it is about, and a load at which work waits when they strike. Without the epoch only a write
# between a claim and the claimant's first batch does harm: stale-owner aims at that, the others meet it by luck.
while read -r mutation seed rate kinds; do
    [ -z "$only" ] || [ "$only" = "$mutation" ] || continue
    for try in 0 1 2; do
        code=0
        line=$(FARM_MUTATION=$mutation "$bin/mention-nemesis" --worker "$bin/mutant-worker" --stop-when-red \
            --seed $((seed + try)) --minutes "$minutes" --faults $((minutes * 50 / 3)) --rate "$rate" \
            --kinds "$kinds") || code=$?
        # Now and then the mock cluster in it aborts, which says nothing of the mutation: another seed.
        [ "$code" -eq 134 ] || break
    done
    python3 - "$mutation" "$code" "$line" <<'PY'
import json, sys
mutation, code, line = sys.argv[1:]
summary = json.loads(line.splitlines()[-1]) if line else {"checks": {}, "seconds": 0}
red = sorted(name for name, failures in summary["checks"].items() if failures)
print(json.dumps({"mutation": mutation, "red": code == "1", "checks": red, "seconds": round(summary["seconds"])}))
PY
    if [ "$code" -eq 1 ]; then found=$((found + 1)); else missed=$((missed + 1)); fi
done <<'LIST'
drop-epoch-predicate 5 400 stale-owner
commit-to-kafka-first 5 400 kill,stop-in-batch,terminate-backend
skip-re-read 5 400 commit-answer-lost
keep-work-across-revoke 6 2500 storm,db-refuse,stop,postgres-crash
LIST
printf '%s found, %s missed\n' "$found" "$missed" >&2
[ "$missed" -eq 0 ] && [ "$found" -gt 0 ]
