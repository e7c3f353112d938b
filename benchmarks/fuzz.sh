#!/usr/bin/env bash
# Fuzzes everything that reads bytes from the outside, in a release build: 10 million inputs over all targets.
#
#   benchmarks/fuzz.sh [--inputs N] [--seed S] [--target NAME]... [--growth MB] [--hang-seconds S]
#
# Ends with one JSON line. Exits with 70 where something was found, and says for each how to run that input again.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
case "${1:-}" in -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
# What the build says goes to standard error, and only a terminal sees how far it is.
if [ -t 2 ]; then
    (cd "$root" && swift build -c release --product mention-fuzz >&2)
else
    log=$(mktemp)
    (cd "$root" && swift build -c release --product mention-fuzz >"$log" 2>&1) || { cat "$log" >&2; rm -f "$log"; exit 70; }
    rm -f "$log"
fi
exec "$root/.build/release/mention-fuzz" run "$@"
