# Sourced by benchmarks: where the programs are, a folder to work in, and services of one's own, which end with the script.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${MENTION_FARM_BIN:-$root/.build/release}
work=$(mktemp -d)
services=
trap 'if [ -n "$services" ]; then kill "$services" 2>/dev/null || true; wait "$services" || true; fi; rm -rf "$work"' EXIT
say() { printf '%s\n' "$*" >&2; }

if [ ! -x "$bin/mention-worker" ]; then
    say "building…"
    (cd "$root" && swift build -c release >&2)
fi

# A broker with so many partitions and a PostgreSQL, by their variables.
start_services() {
    "$bin/mention-demo" --services-only --topic "$MENTIONS_TOPIC" --partitions "$1" >"$work/services.json" &
    services=$!
    until [ -s "$work/services.json" ]; do
        kill -0 "$services" || { say "the services did not start"; exit 69; }
        read -rt 0.2 <> <(:) || true
    done
    KAFKA_BOOTSTRAP_SERVERS=$(service kafka_bootstrap_servers)
    DATABASE_URL=$(service database_url)
    export KAFKA_BOOTSTRAP_SERVERS DATABASE_URL
}
service() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/services.json" "$1"; }

# An empty schema, and the brands that the generator with this seed speaks of.
prepare_database() {
    "$bin/mention-admin" migrate >&2
    "$bin/mention-producer" generate --count 1 --seed "$1" --to-stdout --brands-out "$work/brands.ndjson" >/dev/null
    "$bin/mention-admin" brands import "$work/brands.ndjson" >&2
}
