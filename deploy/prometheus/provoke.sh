#!/usr/bin/env bash
# Makes alarms fire on a farm of its own, with the times of the rules shortened, and says for each when it spoke:
#
#   provoke.sh                 ordinary load first, then one fault after the other (some minutes)
#   provoke.sh quiet SECONDS   ordinary load alone, with the rules as they are; fails if anything speaks (3600: an hour)
#
# Builds nothing: run `swift build` first, or set FARM_BIN to the folder of the programs. What it can't provoke (a disk
# that is full, an outbox, a storm of rebalances) is in rules_test.yml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/prometheus/farm.sh
source deploy/prometheus/farm.sh

mode=${1:-all}
quiet_seconds=${2:-60}

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

quiet() {
    local end=$((SECONDS + $1)) spoken
    while ((SECONDS < end)); do
        farm_publish 300 --seed "$RANDOM" --rate 100
        spoken=$(alarms | grep firing || true)
        if [[ $spoken ]]; then
            printf 'provoke: spoke under ordinary load: %s\n' "$(tr '\n' ' ' <<<"$spoken")"
            failed=1
            return
        fi
    done
    printf 'provoke: quiet for %s s of ordinary load\n' "$1"
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
    farm_prometheus deploy/prometheus/rules.yml
    quiet "$quiet_seconds"
    exit "$failed"
fi

# A fifteenth of each time, but not of the thresholds; and two steps of lag suffice.
sed -E -e 's/for: (15|30|10)m/for: 4s/; s/for: [1-9]m/for: 3s/; s/\[(15|10)m\]/[20s]/g; s/\[5m\]/[20s]/g' \
    -e 's/> 10000 and deriv/> 100 and deriv/' deploy/prometheus/rules.yml >"$scratch/short.yml"
farm_start
farm_prometheus "$scratch/short.yml"
quiet 20

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
