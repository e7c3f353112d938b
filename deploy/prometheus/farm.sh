# shellcheck shell=bash
# Sourced by check.sh and provoke.sh: a farm with two workers and a Prometheus that scrapes it, all of them children of
# the script, in a folder that goes with it.

farm_bin=${FARM_BIN:-.build/debug}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mention-farm-prometheus.XXXXXX")
# The embedded PostgreSQL runs as another user where this is run by root.
chmod 711 "$scratch"
children=()

farm_clean() {
    local child
    for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
    if mountpoint -q "$scratch/disk"; then umount --lazy "$scratch/disk"; fi
    rm -rf "$scratch"
}
trap farm_clean EXIT

farm_fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$1" >&2
    tail -n 5 "$scratch"/*.log >&2 2>/dev/null || true
    exit 1
}

# Debian's package, unpacked into the scratch folder where it is not installed: nothing is started by that.
farm_tools() {
    if command -v prometheus >/dev/null && command -v promtool >/dev/null; then return; fi
    command -v apt-get >/dev/null || farm_fail "prometheus and promtool are not in PATH, and this is no Debian"
    (cd "$scratch" && apt-get download -qq prometheus 2>/dev/null && dpkg -x prometheus_*.deb prometheus-package) ||
        farm_fail "apt-get could not download prometheus: apt-get update first"
    export PATH="$scratch/prometheus-package/usr/bin:$PATH"
}

# Waits until a command succeeds: farm_wait SECONDS WHAT COMMAND...
farm_wait() {
    local limit=$1 what=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || farm_fail "no $what within $limit s"
        sleep 0.5
    done
}

farm_worker() {
    # One that is started again must not be told by what its forerunner wrote.
    rm -f "$scratch/worker$1.log"
    "$farm_bin/mention-worker" --metrics-address 127.0.0.1:0 2>"$scratch/worker$1.log" &
    children+=($!)
    worker_pids[$1]=$!
    farm_wait 180 "metrics of worker $1" grep -q 'metrics at' "$scratch/worker$1.log"
    worker_addresses[$1]=$(grep -o 'http://[^/]*' "$scratch/worker$1.log" | head -n 1)
}

# A broker and a PostgreSQL with the two topics, by their variables.
farm_services() {
    [[ -x $farm_bin/mention-worker ]] || farm_fail "no $farm_bin/mention-worker: swift build first"
    # Where the embedded PostgreSQL keeps its data, so that it can be stopped.
    "$farm_bin/mention-demo" --services-only --topic mentions --topic mention-actions --partitions 8 \
        --data-dir "$scratch/data" >"$scratch/services.json" 2>"$scratch/services.log" &
    services=$!
    children+=("$services")
    farm_wait 180 services test -s "$scratch/services.json"
    KAFKA_BOOTSTRAP_SERVERS=$(sed -E 's/.*"kafka_bootstrap_servers": ?"([^"]*)".*/\1/' "$scratch/services.json")
    DATABASE_URL=$(sed -E 's/.*"database_url": ?"([^"]*)".*/\1/' "$scratch/services.json" | sed 's#\\/#/#g')
    export KAFKA_BOOTSTRAP_SERVERS DATABASE_URL
}

# Two workers that are ready.
farm_workers() {
    # shellcheck disable=SC2034 # for who sources this
    declare -gA worker_pids=() worker_addresses=()
    farm_worker 1
    farm_worker 2
    farm_wait 180 "ready worker" curl -sf "${worker_addresses[1]}/readyz"
    farm_wait 180 "ready worker" curl -sf "${worker_addresses[2]}/readyz"
}

farm_start() {
    farm_services
    "$farm_bin/mention-admin" migrate >"$scratch/migrate.log"
    farm_workers
}

farm_publish() {
    "$farm_bin/mention-producer" generate --count "$1" "${@:2}" >"$scratch/producer.log" 2>&1 ||
        farm_fail "the producer failed: $(tail -n 3 "$scratch/producer.log")"
}

# The brands that the generated mentions speak of.
farm_brands() {
    "$farm_bin/mention-producer" generate --count 1 --seed 1 --to-stdout --brands-out "$scratch/brands.ndjson" >/dev/null
    "$farm_bin/mention-admin" brands import "$scratch/brands.ndjson" >"$scratch/brands.log"
}

# Whether Prometheus has reached both workers.
# shellcheck disable=SC2317 # called by farm_wait
farm_scraped() {
    curl -sf "$prometheus/api/v1/query" --data-urlencode 'query=count(up == 1) == 2' | grep -q '"value"'
}

# farm_prometheus RULES SCRAPE EVALUATION: scrapes both workers and evaluates the rules at these intervals.
farm_prometheus() {
    local port
    cp "$1" "$scratch/rules.yml"
    cat >"$scratch/prometheus.yml" <<YML
global: {scrape_interval: $2, evaluation_interval: $3}
rule_files: [rules.yml]
scrape_configs:
  - job_name: mention-worker
    static_configs:
      - targets: [${worker_addresses[1]#http://}, ${worker_addresses[2]#http://}]
YML
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    prometheus=http://127.0.0.1:$port
    prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/tsdb" \
        --web.listen-address="127.0.0.1:$port" >"$scratch/prometheus.log" 2>&1 &
    children+=($!)
    farm_wait 180 Prometheus curl -sf "$prometheus/-/ready"
    farm_wait 60 "scrapes of both workers" farm_scraped
}

farm_tools
