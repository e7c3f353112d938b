#!/usr/bin/env bash
# Makes alarms fire on a farm of its own, with the times of the rules shortened, and says for each when it spoke:
#
#   provoke.sh                 ordinary load first, then one fault after the other (some minutes)
#   provoke.sh quiet SECONDS [RECORDS]
#                              ordinary load alone (300 records a second), with the rules and the intervals of
#                              prometheus.yml as they are; fails if anything speaks (3600: an hour)
#
# Builds nothing: run `swift build` first, or set FARM_BIN to the folder of the programs. What it can't provoke (a disk
# that is full, an outbox, a storm of rebalances) is in rules_test.yml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/prometheus/farm.sh
source deploy/prometheus/farm.sh

mode=${1:-all}
quiet_seconds=${2:-60}
quiet_rate=${3:-300}

# The alarms that speak now, with their states.
alarms() {
    curl -sf "$prometheus/api/v1/alerts" | python3 -c '
import json, sys
for alert in json.load(sys.stdin)["data"]["alerts"]:
    print(alert["labels"]["alertname"], alert["state"])' | sort -u
}

fires() { alarms | grep -qx "$1 firing"; }
silent() { ! alarms | grep -q "^$1 "; }

# Whether the workers hold all partitions: while they wait for a claim, they tell no lag.
settled() {
    curl -sf "$prometheus/api/v1/query" --data-urlencode 'query=sum(mention_farm_partitions_held) == 8' | grep -q '"value"'
}

failed=0
expect() {
    local begin=$SECONDS
    until fires "$1"; do
        if ((SECONDS - begin > 180)); then
            printf 'provoke: %s did not fire within 180 s; speaking: %s\n' "$1" "$(alarms | tr '\n' ',')"
            failed=1
            return
        fi
        sleep 1
    done
    printf 'provoke: %s fires after %s s\n' "$1" "$((SECONDS - begin))"
}

# quiet SECONDS RECORDS_A_SECOND: ordinary load; fails if anything fires, and says what was pending meanwhile.
quiet() {
    local spoken pended
    farm_brands
    "$farm_bin/mention-producer" generate --seed 1 --rate "$2" --count $(($1 * $2)) >"$scratch/producer.log" 2>&1 &
    local publisher=$!
    children+=("$publisher")
    while kill -0 "$publisher" 2>/dev/null; do
        spoken=$(alarms | grep firing || true)
        if [[ $spoken ]]; then
            printf 'provoke: spoke under ordinary load: %s\n' "$(tr '\n' ' ' <<<"$spoken")"
            failed=1
            return
        fi
        sleep 2
    done
    wait "$publisher" || farm_fail "the producer failed: $(tail -n 3 "$scratch/producer.log")"
    # What the looks in between missed is in Prometheus' own record.
    spoken=$(over "$1" 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[%ss]))')
    pended=$(over "$1" 'sum by (alertname) (count_over_time(ALERTS{alertstate="pending"}[%ss]))')
    if [[ $spoken ]]; then
        printf 'provoke: spoke under ordinary load: %s\n' "$spoken"
        failed=1
        return
    fi
    printf 'provoke: quiet for %s s of ordinary load; records: %s; pending at times: %s\n' "$1" \
        "$(over "$1" 'sum by (outcome) (increase(mention_farm_records_total[%ss]))')" "${pended:-nothing}"
}

# over SECONDS QUERY: what an instant query gives, %s in it being the seconds, in one line.
over() {
    # shellcheck disable=SC2059 # the format is the query
    curl -sf "$prometheus/api/v1/query" --data-urlencode "query=$(printf "$2" "$1")" | python3 -c '
import json, sys
print(", ".join(
    " ".join(value for name, value in sorted(row["metric"].items()) if not name.startswith("__"))
    + " " + str(round(float(row["value"][1]))) for row in json.load(sys.stdin)["data"]["result"]))'
}

database_stop() {
    local folder
    folder=$(dirname "$(find "$scratch/data" -name postmaster.pid | head -n 1)")
    database_command=$(cat "$folder/postmaster.opts")
    database_user=$(stat -c %U "$folder")
    kill -QUIT "$(head -n 1 "$folder/postmaster.pid")"
    farm_wait 30 "end of the server" test ! -e "$folder/postmaster.pid"
}

database_start() {
    if [[ $database_user == "$(id -un)" ]]; then
        bash -c "exec $database_command" >"$scratch/postgres.log" 2>&1 &
    else
        runuser -u "$database_user" -- bash -c "exec $database_command" >"$scratch/postgres.log" 2>&1 &
    fi
    children+=($!)
}

if [[ $mode == quiet ]]; then
    farm_start
    farm_prometheus deploy/prometheus/rules.yml 5s 15s
    quiet "$quiet_seconds" "$quiet_rate"
    exit "$failed"
fi

# A fifteenth of each time, but not of the thresholds; and two steps of lag suffice.
sed -E -e 's/for: (15|30|10)m/for: 4s/; s/for: [1-9]m/for: 3s/; s/\[(15|10)m\]/[20s]/g; s/\[5m\]/[20s]/g' \
    -e 's/> 10000 and deriv/> 100 and deriv/' deploy/prometheus/rules.yml >"$scratch/short.yml"
farm_start
farm_prometheus "$scratch/short.yml" 1s 1s
quiet 20 100

printf 'provoke: a worker is stopped in mid-flight\n'
kill -STOP "${worker_pids[1]}"
expect MentionFarmWorkerDown
kill -CONT "${worker_pids[1]}"
farm_wait 180 "end of MentionFarmWorkerDown" silent MentionFarmWorkerDown
# The group hears of the worker's return now, and shares out anew.
sleep 10
farm_wait 180 "rest in the group" settled

printf 'provoke: the database ends\n'
database_stop
expect MentionFarmDatabaseAway
expect MentionFarmWorkerNotReady
farm_publish 5000 --seed 99 --rate 100 &
publisher=$!
children+=("$publisher")
expect MentionFarmLagGrowing
expect MentionFarmNoProgress
database_start
wait "$publisher" || true
farm_wait 180 "ready worker" curl -sf "${worker_addresses[1]}/readyz"
farm_wait 180 "silence about the database" silent MentionFarmDatabaseAway

printf 'provoke: most records can not be read: the breaker pauses the partitions\n'
farm_publish 8000 --seed 5 --bad-records 0.8 --oversized 0
expect MentionFarmDeadLetterShare
expect MentionFarmPartitionPaused

printf 'provoke: both workers end\n'
kill "${worker_pids[1]}" "${worker_pids[2]}"
expect MentionFarmNoWorker
exit "$failed"
