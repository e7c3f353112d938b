#!/usr/bin/env bash
# How fast `mention-admin reclassify` is: generated mentions are judged by the lexicon, then by the shipped model.
#
#   benchmarks/reclassify.sh [--count N] [--seed N] [-- OPTIONS OF reclassify]
#
# Brings up a broker and a PostgreSQL of its own. Ends with the line of reclassify; needs a release build and python3.
set -euo pipefail

count=300000 seed=1
while [ $# -gt 0 ]; do
    case "$1" in
        --count) count=$2 ;;
        --seed) seed=$2 ;;
        --) shift; break ;;
        *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
    esac
    shift 2
done

# shellcheck source=benchmarks/services.sh
. "$(dirname "$0")/services.sh"
export MENTIONS_TOPIC=mentions
start_services 64
prepare_database "$seed"
say "publishing and writing $count records…"
"$bin/mention-producer" generate --count "$count" --seed "$seed" >/dev/null
"$bin/mention-worker" --until-caught-up --model lexicon >"$work/worker.json" 2>"$work/worker.log"
"$bin/mention-admin" reclassify --dry-run >&2
say "reclassifying…"
"$bin/mention-admin" reclassify "$@" | tee "$work/reclassify.json"
"$bin/mention-admin" verify >"$work/verify.txt" || { cat "$work/verify.txt" >&2; exit 70; }
say "$(tail -n 1 "$work/verify.txt")"
