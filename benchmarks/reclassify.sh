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

root=$(cd "$(dirname "$0")/.." && pwd)
bin=${MENTION_FARM_BIN:-$root/.build/release}
work=$(mktemp -d)
services=
trap 'if [ -n "$services" ]; then kill "$services" 2>/dev/null || true; wait "$services" || true; fi; rm -rf "$work"' EXIT
say() { printf '%s\n' "$*" >&2; }

export MENTIONS_TOPIC=mentions
"$bin/mention-demo" --services-only --topic mentions --partitions 64 >"$work/services.json" &
services=$!
until [ -s "$work/services.json" ]; do
    kill -0 "$services" || { say "the services did not start"; exit 69; }
    read -rt 0.2 <> <(:) || true
done
value() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/services.json" "$1"; }
KAFKA_BOOTSTRAP_SERVERS=$(value kafka_bootstrap_servers)
DATABASE_URL=$(value database_url)
export KAFKA_BOOTSTRAP_SERVERS DATABASE_URL

"$bin/mention-admin" migrate >&2
"$bin/mention-producer" generate --count 1 --seed "$seed" --to-stdout --brands-out "$work/brands.ndjson" >/dev/null
"$bin/mention-admin" brands import "$work/brands.ndjson" >&2
say "publishing and writing $count records…"
"$bin/mention-producer" generate --count "$count" --seed "$seed" >/dev/null
"$bin/mention-worker" --until-caught-up --model lexicon >"$work/worker.json" 2>"$work/worker.log"
"$bin/mention-admin" reclassify --dry-run >&2
say "reclassifying…"
"$bin/mention-admin" reclassify "$@" | tee "$work/reclassify.json"
"$bin/mention-admin" verify >"$work/verify.txt" || { cat "$work/verify.txt" >&2; exit 70; }
say "$(tail -n 1 "$work/verify.txt")"
