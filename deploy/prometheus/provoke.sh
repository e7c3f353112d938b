#!/usr/bin/env bash
# Makes every alarm fire on a farm of its own, with the times of the rules shortened, and says for each how soon it spoke:
#
#   provoke.sh                 ordinary load first, then one fault after the other (a quarter of an hour)
#   provoke.sh quiet SECONDS [RECORDS]
#                              ordinary load alone (300 records a second), with the rules and the intervals of
#                              prometheus.yml as they are; fails if anything speaks (3600: an hour)
#
# Builds nothing: run `swift build` first, or set FARM_BIN to the folder of the programs. Needs psql and pgbench. Two of
# the faults need root: a disk that is full is a small file system in a namespace of this script's own, and one thread of a
# worker is held by a debugger's means. Without root they are left out, and rules_test.yml has them.
set -euo pipefail
mode=${1:-all}
if [[ $mode == all && $EUID == 0 && -z ${PROVOKE_APART:-} ]] && unshare --mount true 2>/dev/null; then
    PROVOKE_APART=1 exec unshare --mount "${BASH_SOURCE[0]}" "$@"
fi
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/prometheus/farm.sh
source deploy/prometheus/farm.sh

quiet_seconds=${2:-60}
quiet_rate=${3:-300}

# The alarms that speak now, with their states.
alarms() {
    curl -sf "$prometheus/api/v1/alerts" | python3 -c '
import json, sys
for alert in json.load(sys.stdin)["data"]["alerts"]:
    print(alert["labels"]["alertname"], alert["state"])' | sort -u
}

fires() { alarms | grep -qx "MentionFarm$1 firing"; }
# shellcheck disable=SC2317 # called by farm_wait
silent() {
    local name said
    said=$(alarms)
    for name in "$@"; do if grep -q "^MentionFarm$name " <<<"$said"; then return 1; fi; done
}

# Whether the workers hold all partitions: while they wait for a claim, they tell no lag.
# shellcheck disable=SC2317 # called by farm_wait
settled() {
    curl -sf "$prometheus/api/v1/query" --data-urlencode 'query=sum(mention_farm_partitions_held) == 8' | grep -q '"value"'
}

failed=0
declare -A fired=()

fault() {
    fault_at=$SECONDS
    printf 'provoke: %s\n' "$1"
}

# Waits until each of these alarms has fired since the fault began.
expect() {
    local name left=("$@") still begin=$SECONDS
    while ((${#left[@]})); do
        still=()
        for name in "${left[@]}"; do
            if fires "$name"; then
                fired[$name]=1
                printf 'provoke:   %s fires after %s s\n' "$name" "$((SECONDS - fault_at))"
            else
                still+=("$name")
            fi
        done
        left=("${still[@]}")
        ((${#left[@]})) || return 0
        if ((SECONDS - begin > 240)); then
            printf 'provoke:   NOT within 240 s: %s; speaking: %s\n' "${left[*]}" "$(alarms | tr '\n' ',')"
            witness
            failed=1
            return
        fi
        sleep 1
    done
}

# The fault is over: these fall silent again.
over() {
    farm_wait 240 "end of $*" silent "$@"
    printf 'provoke:   silent %s s after the fault: %s\n' "$((SECONDS - fault_at))" "$*"
}

# recorded SECONDS QUERY: what an instant query gives, %s in it being the seconds, in one line.
recorded() {
    # shellcheck disable=SC2059 # the format is the query
    curl -sf "$prometheus/api/v1/query" --data-urlencode "query=$(printf "$2" "$1")" | python3 -c '
import json, sys
print(", ".join(
    " ".join(value for name, value in sorted(row["metric"].items()) if not name.startswith("__"))
    + " " + str(round(float(row["value"][1]))) for row in json.load(sys.stdin)["data"]["result"]))'
}

# What tells why an alarm spoke: the folder goes with this script.
witness() {
    local worker
    for worker in 1 2; do
        printf 'provoke: worker %s:\n' "$worker"
        { curl -s -m 10 "${worker_addresses[$worker]}/healthz" || true; } | sed 's/^/provoke:   /'
        { grep -vE ' info ' "$scratch/worker$worker.log" || true; } | tail -n 5 | cut -c1-300 | sed 's/^/provoke:   /'
    done
    printf 'provoke: sessions that have been at one statement for a minute:\n'
    psql -XAt "${owner_url:-$DATABASE_URL}" -c "SELECT now() - query_start, application_name, wait_event_type, wait_event,
        pg_blocking_pids(pid), left(regexp_replace(query, '\s+', ' ', 'g'), 200) FROM pg_stat_activity
        WHERE state <> 'idle' AND query_start < now() - interval '1 minute'" 2>&1 | sed 's/^/provoke:   /'
}

# quiet SECONDS RECORDS_A_SECOND: ordinary load; fails if anything fires, and says what was pending meanwhile.
quiet() {
    local spoken pended publisher begin=$SECONDS
    "$farm_bin/mention-producer" generate --seed 1 --rate "$2" --count $(($1 * $2)) >"$scratch/producer.log" 2>&1 &
    publisher=$!
    children+=("$publisher")
    while kill -0 "$publisher" 2>/dev/null; do
        spoken=$(alarms | grep firing || true)
        if [[ $spoken ]]; then
            printf 'provoke: spoke under ordinary load after %s s: %s\n' "$((SECONDS - begin))" "$(tr '\n' ' ' <<<"$spoken")"
            witness
            failed=1
            return
        fi
        sleep 2
    done
    wait "$publisher" || farm_fail "the producer failed: $(tail -n 3 "$scratch/producer.log")"
    # What the looks in between missed is in Prometheus' own record.
    spoken=$(recorded "$1" 'count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[%ss]))')
    pended=$(recorded "$1" 'sum by (alertname) (count_over_time(ALERTS{alertstate="pending"}[%ss]))')
    if [[ $spoken ]]; then
        printf 'provoke: spoke under ordinary load: %s\n' "$spoken"
        failed=1
        return
    fi
    printf 'provoke: quiet for %s s of ordinary load; records: %s; pending at times: %s\n' "$1" \
        "$(recorded "$1" 'sum by (outcome) (increase(mention_farm_records_total[%ss]))')" "${pended:-nothing}"
}

if [[ $mode == quiet ]]; then
    farm_start
    farm_brands
    farm_prometheus deploy/prometheus/rules.yml 5s 15s
    quiet "$quiet_seconds" "$quiet_rate"
    exit "$failed"
fi

# As the owner of the database.
sql() { psql -XAtq -v ON_ERROR_STOP=1 "$owner_url" "$@"; }

# A session that holds locks until it is killed: lock SQL.
lock() {
    psql -XAtq "$owner_url" -c "BEGIN" -c "$1" -c "SELECT pg_sleep(600)" >"$scratch/lock.log" 2>&1 &
    locker=$!
    children+=("$locker")
}

# A worker's command ends by itself; its session does not, where it waits in the server.
unlock() {
    kill "$locker" 2>/dev/null || true
    sql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'" >/dev/null
}

# Records at a rate, in the background, until load_end: load RATE [OPTIONS].
load() {
    "$farm_bin/mention-producer" generate --count 10000000 --rate "$1" --seed "$RANDOM" "${@:2}" \
        >"$scratch/load.log" 2>&1 &
    loader=$!
    children+=("$loader")
}
load_end() {
    kill "$loader" 2>/dev/null || true
    wait "$loader" 2>/dev/null || true
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

# A hundredth or so of each time, but not of the thresholds: only two steps of lag suffice, and twenty seconds of an
# action that waits. What a storm is stays as it is, in a shorter window.
sed -E -e '/rebalances_total/s/\[15m\]/[3m]/; /fences_total/s/\[15m\]/[1m]/' \
    -e 's/for: (15|30|10)m/for: 6s/; s/for: [1-9]m/for: 5s/; s/\[(15|10)m\]/[20s]/g; s/\[5m\]/[20s]/g' \
    -e 's/> 10000 and deriv/> 100 and deriv/; s/(outbox_oldest_seconds\)) > 600/\1 > 20/' \
    deploy/prometheus/rules.yml >"$scratch/short.yml"

# A broker that is stopped is noticed by requests that time out.
export MENTIONS_SESSION_TIMEOUT=6s KAFKA_PROPERTY_SOCKET_TIMEOUT_MS=10000
farm_services
owner_url=$DATABASE_URL
disk=
if [[ -n ${PROVOKE_APART:-} ]]; then
    disk=$scratch/disk
    mkdir "$disk"
    mount -t tmpfs -o size=400m tmpfs "$disk"
    chown "$(stat -c %U "$(find "$scratch/data" -name postmaster.pid)")" "$disk"
    chmod 700 "$disk"
    sql -c "CREATE TABLESPACE small LOCATION '$disk'" -c "GRANT CREATE ON TABLESPACE small TO PUBLIC" \
        -c "ALTER DATABASE $(sql -c 'SELECT current_database()') SET default_tablespace = small"
fi
"$farm_bin/mention-admin" migrate >"$scratch/migrate.log"
farm_brands
# Workers log in as the deployment has them do, so that they can be refused.
sql -c "CREATE ROLE farm LOGIN PASSWORD 'farm' IN ROLE mention_farm_writer"
DATABASE_URL=${DATABASE_URL/postgres@/farm:farm@}
farm_workers
farm_prometheus "$scratch/short.yml" 2s 1s
quiet 30 100

fault 'a worker is stopped in mid-flight: others have its partitions after the session timeout'
kill -STOP "${worker_pids[2]}"
expect PartitionUnclaimed WorkerDown
kill -CONT "${worker_pids[2]}"
over PartitionUnclaimed WorkerDown
# The group hears of the worker's return now, and shares out anew.
sleep 10
farm_wait 180 "rest in the group" settled

fault 'somebody holds what the background step and the outbox are led by'
lock "SELECT 1 FROM mention_store.lease WHERE name IN ('relate', 'outbox') FOR UPDATE"
farm_publish 20000 --seed 3
expect RelatingBehind OutboxStuck
unlock
over RelatingBehind OutboxStuck

fault 'partitions are reset under the workers, again and again'
load 200
for ((turn = 0; turn < 12; turn++)); do
    sql -c "SELECT count(*) FROM mention_farm.progress AS p, LATERAL mention_store.reset_offset(consumer_group, topic,
            partition, next_offset, 'provoke.sh', 'a storm')" >/dev/null
    sleep 4
    if fires FenceStorm; then break; fi
done
load_end
expect FenceStorm
over FenceStorm
farm_wait 180 "rest in the group" settled

fault 'a third worker comes and goes'
for ((turn = 0; turn < 12; turn++)); do
    farm_worker 3
    farm_wait 60 "assignment" grep -q 'partitions assigned' "$scratch/worker3.log"
    kill -KILL "${worker_pids[3]}"
    wait "${worker_pids[3]}" 2>/dev/null || true
    farm_wait 60 "rest in the group" settled
    if fires RebalanceStorm; then break; fi
done
expect RebalanceStorm
farm_wait 240 "rest in the group" settled

fault 'all connections are taken but a few, and the workers lose theirs'
pgbench -n -c 80 -j 1 -T 600 -f <(printf 'SELECT pg_sleep(600);\n') "$owner_url" >"$scratch/pgbench.log" 2>&1 &
taker=$!
children+=("$taker")
expect DatabaseConnections
sql -c "ALTER ROLE farm CONNECTION LIMIT 2" \
    -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'farm'" >/dev/null
expect DatabaseResources DatabaseAway
sql -c "ALTER ROLE farm CONNECTION LIMIT -1"
kill "$taker"
sql -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pgbench'" >/dev/null
over DatabaseConnections DatabaseResources DatabaseAway

if [[ $disk ]]; then
    fault 'the disk is full'
    dd if=/dev/zero of="$disk/filler" bs=1M status=none 2>/dev/null || true
    load 200
    expect DatabaseResources DatabaseAway LagGrowing NoProgress
    printf 'provoke:   the log says: %s\n' "$(grep -ho 'PostgreSQL: .*' "$scratch"/worker[12].log | grep -m 1 -i space)"
    load_end
    rm "$disk/filler"
    over DatabaseResources DatabaseAway LagGrowing NoProgress
else
    printf 'provoke: left out: a full disk, which needs root\n'
fi

fault 'the database ends'
database_stop
expect DatabaseAway WorkerNotReady
load 100
expect LagGrowing NoProgress
database_start
load_end
farm_wait 180 "ready worker" curl -sf "${worker_addresses[1]}/readyz"
over DatabaseAway WorkerNotReady LagGrowing NoProgress

fault 'the broker stands still'
kill -STOP "$services"
expect KafkaAway
kill -CONT "$services"
over KafkaAway
sleep 10
farm_wait 180 "rest in the group" settled

fault 'a thread of a worker hangs: the one that polls'
python3 - "${worker_pids[1]}" kafka-consumer >"$scratch/hang.log" 2>&1 <<'PY' &
import ctypes, os, sys, time
process, name = int(sys.argv[1]), sys.argv[2]
libc = ctypes.CDLL(None, use_errno=True)
for thread in map(int, os.listdir(f"/proc/{process}/task")):
    if open(f"/proc/{process}/task/{thread}/comm").read().strip() == name:
        # PTRACE_SEIZE and PTRACE_INTERRUPT stop this thread alone; the end of this program lets it go on.
        for request in (0x4206, 0x4207):
            if libc.ptrace(request, thread, None, None) != 0:
                sys.exit(os.strerror(ctypes.get_errno()))
        print("held", flush=True)
        time.sleep(600)
sys.exit(f"no thread {name}")
PY
holder=$!
children+=("$holder")
farm_wait 60 "answer of the debugger" test -s "$scratch/hang.log"
if grep -q held "$scratch/hang.log"; then
    expect WorkerNotAlive
    printf 'provoke:   /healthz says: %s\n' "$(curl -s "${worker_addresses[1]}/healthz" | head -n 1)"
    kill "$holder"
    over WorkerNotAlive
else
    printf 'provoke: left out: a thread that hangs (%s)\n' "$(cat "$scratch/hang.log")"
fi
farm_wait 180 "rest in the group" settled

fault 'one record in five can not be read'
load 100 --bad-records 0.2 --oversized 0
expect DeadLetterShare
load_end

fault 'most records can not be read: the breaker pauses the partitions'
farm_publish 8000 --seed 5 --bad-records 0.8 --oversized 0
expect PartitionPaused

fault 'both workers end'
kill "${worker_pids[1]}" "${worker_pids[2]}"
expect NoWorker

while read -r name; do
    if [[ -z ${fired[$name]:-} ]]; then
        printf 'provoke: did not fire in this run: %s\n' "$name"
        failed=1
    fi
done < <(sed -nE 's/.*alert: MentionFarm(.*)/\1/p' deploy/prometheus/rules.yml)
printf 'provoke: %s of %s alarms fired\n' "${#fired[@]}" "$(grep -c 'alert:' deploy/prometheus/rules.yml)"
wait "${worker_pids[1]}" "${worker_pids[2]}" || true
if DATABASE_URL=$owner_url "$farm_bin/mention-admin" verify >"$scratch/verify.txt"; then
    printf 'provoke: and after all that verify passes, %s checks\n' "$(grep -c '^ok' "$scratch/verify.txt")"
else
    grep -v '^ok' "$scratch/verify.txt"
    failed=1
fi
exit "$failed"
