#!/usr/bin/env bash
# Workers as plain processes on this host, against given services.
#
#   deploy/farm.sh up [N]        start workers 1…N (without N: 1, or those there were); dead ones are started again
#   deploy/farm.sh scale N       the same, and stop those above N; 0 stops all
#   deploy/farm.sh restart       one by one: stop it, start it, wait until it has claimed and every partition is held
#   deploy/farm.sh status        who runs, and what mention-admin status says
#   deploy/farm.sh down          stop all
#   deploy/farm.sh run PROGRAM … a program (mention-admin, mention-producer, mention-worker) with the same settings
#
# Settings come from the environment (KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, …) and, where that has none, from the file
# that FARM_ENV names (deploy/env.example is one). Further variables:
#   MENTION_FARM_BIN     folder of the programs (default: .build/release, else the PATH)
#   FARM_STATE           where pids and logs are (default: $XDG_STATE_HOME/mention-farm, else /tmp/mention-farm-UID)
#   FARM_STATIC=1        static membership: each worker keeps its partitions through a restart, but also for the session
#                        timeout after a stop. Without it a worker that is stopped leaves the group at once.
#   FARM_READY_SECONDS   how long a worker may take to be ready (default: 90)
#   FARM_STOP_SECONDS    how long it may take to drain before it is killed (default: 30)
#
# Exit codes: 0 done · 64 usage · 69 a worker is not ready in time · 70 a worker died · 75 another farm.sh is at work ·
# 78 configuration.
set -euo pipefail

say() { printf 'farm: %s\n' "$*" >&2; }
fail() {
    local code=$1
    shift
    say "$*"
    exit "$code"
}
usage() {
    sed -n '2,/^set -/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 64
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ready_seconds=${FARM_READY_SECONDS:-90}
stop_seconds=${FARM_STOP_SECONDS:-30}

# --- settings

# NAME=value lines, as docker --env-file and systemd read them: nothing is run.
load_settings() {
    local file=$1 line name
    [[ -r $file ]] || fail 78 "FARM_ENV names $file, which can't be read: give the path of a readable file"
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
        [[ $line =~ ^([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] ||
            fail 78 "$file has a line that is not NAME=value (its value may be a secret and is not shown): correct it"
        name=${BASH_REMATCH[1]}
        [[ -n ${!name:-} ]] || export "$name=${BASH_REMATCH[2]}"
    done <"$file"
}

find_program() {
    local folder
    for folder in ${MENTION_FARM_BIN:+"$MENTION_FARM_BIN"} "$root/.build/release"; do
        if [[ -x $folder/$1 ]]; then
            printf '%s\n' "$folder/$1"
            return
        fi
    done
    command -v "$1" || fail 78 "there is no $1: build it (swift build -c release), or set MENTION_FARM_BIN"
}

# --- state: one file a worker with its process, when that began, and where its part of the log begins

prepare_state() {
    state=${FARM_STATE:-}
    if [[ -z $state ]]; then
        if [[ -n ${XDG_STATE_HOME:-} ]]; then state=$XDG_STATE_HOME/mention-farm; else state=/tmp/mention-farm-$EUID; fi
    fi
    (umask 077 && mkdir -p "$state")
    # In /tmp anybody could have made it first.
    [[ -O $state && ! -L $state ]] || fail 78 "$state is not ours: set FARM_STATE to a folder of your own"
}

lock_state() {
    exec 9>"$state/lock"
    flock -w "${FARM_LOCK_SECONDS:-10}" 9 || fail 75 "another farm.sh is at work in $state: wait for its end"
}

# When a process began, in the kernel's ticks; a number that is used again begins at another time. A zombie is gone.
began() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field is a name in parentheses that may hold anything.
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != [ZX] ]] || return 1
    printf '%s\n' "${fields[19]}"
}

# Reads a worker's file into pid, start and offset; false where there is none that is whole.
recorded() {
    pid='' start='' offset=''
    { read -r pid start offset <"$state/worker-$1.pid"; } 2>/dev/null || return 1
    [[ $pid =~ ^[0-9]+$ && $start =~ ^[0-9]+$ && $offset =~ ^[0-9]+$ ]]
}

is_alive() { recorded "$1" && [[ $(began "$pid") == "$start" ]]; }

# The numbers of all workers that have a file, in order.
numbers() {
    local file
    for file in "$state"/worker-*.pid; do
        if [[ $file =~ worker-([0-9]+)\.pid$ ]]; then printf '%s\n' "${BASH_REMATCH[1]}"; fi
    done | sort -n
}

# --- one worker

start_worker() {
    local n=$1 log=$state/worker-$1.log
    touch "$log"
    # The new process writes its own file before it becomes the worker: so none can run unknown.
    (
        exec 9>&-
        export FARM_WORKER_FILE=$state/worker-$n.pid FARM_WORKER_LOG=$log
        if [[ ${FARM_STATIC:-0} == 1 ]]; then export MENTIONS_INSTANCE_ID="${HOSTNAME:-host}-$n"; fi
        # shellcheck disable=SC2016 # for the other shell
        exec setsid bash -c '
            read -r stat <"/proc/$$/stat"
            read -ra fields <<<"${stat##*) }"
            printf "%s %s %s\n" "$$" "${fields[19]}" "$(stat -c %s "$FARM_WORKER_LOG")" >"$FARM_WORKER_FILE.new"
            mv "$FARM_WORKER_FILE.new" "$FARM_WORKER_FILE"
            unset FARM_WORKER_FILE FARM_WORKER_LOG
            exec "$0"
        ' "$worker"
    ) </dev/null >>"$log" 2>&1 &
    local child=$! patience=100
    disown
    until is_alive "$n" || ! kill -0 "$child" 2>/dev/null || ((patience-- == 0)); do sleep 0.05; done
}

# Asks workers to end, all at once, and waits for them.
stop_workers() {
    local n patience=$((stop_seconds * 10)) left=("$@")
    for n in "${left[@]}"; do
        if is_alive "$n"; then kill -TERM "$pid" 2>/dev/null || true; fi
    done
    while ((${#left[@]})); do
        local still=()
        for n in "${left[@]}"; do
            if is_alive "$n"; then
                if ((patience <= 0)); then
                    say "worker $n has not drained within $stop_seconds s and is killed; nothing is lost by that"
                    kill -KILL "$pid" 2>/dev/null || true
                fi
                still+=("$n")
            else
                rm -f "$state/worker-$n.pid"
            fi
        done
        left=("${still[@]}")
        if ((${#left[@]})); then
            sleep 0.1
            patience=$((patience - 1))
        fi
    done
}

# Whether a worker has been given its partitions, if only none: its log says so, or PostgreSQL does.
is_ready() {
    local n=$1
    is_alive "$n" || return 1
    tail -c "+$((offset + 1))" "$state/worker-$n.log" | grep -q 'partitions assigned' || grep -q "/$pid@" <<<"$holders"
}

# Who holds what, a line a partition; empty when the services don't answer.
read_holders() { holders=$("$admin" lag --json --give-up-after 5s 2>/dev/null) || holders=''; }

# Waits until workers are ready; with `whole` also until no partition is without an owner.
wait_ready() {
    local whole=$1 n deadline=$((SECONDS + ready_seconds)) next=0
    shift
    holders=''
    for n in "$@"; do
        until is_ready "$n"; do
            if ! is_alive "$n"; then
                say "worker $n died; the end of $state/worker-$n.log:"
                tail -n 3 "$state/worker-$n.log" >&2
                exit 70
            fi
            ((SECONDS < deadline)) || fail 69 "worker $n is not ready after $ready_seconds s: see $state/worker-$n.log"
            if ((SECONDS >= next)); then
                read_holders
                next=$((SECONDS + 2))
            fi
            sleep 0.2
        done
    done
    [[ $whole == whole ]] || return 0
    while read_holders && [[ -z $holders || $holders == *'"owner":null'* ]]; do
        ((SECONDS < deadline)) || fail 69 "a partition is without an owner after $ready_seconds s: see mention-admin lag"
        sleep 0.5
    done
    # Progress goes on: else partitions would stand still from one restart to the next.
    local -A before=()
    local partition place stuck
    while IFS=' ' read -r partition place; do before[$partition]=$place; done < <(waiting)
    while :; do
        stuck=''
        while IFS=' ' read -r partition place; do
            if [[ ${before[$partition]:-} == "$place" ]]; then stuck=$partition; fi
        done < <(waiting)
        [[ -n $stuck || -z $holders ]] || return 0
        ((SECONDS < deadline)) || fail 69 "partition $stuck does not move after $ready_seconds s: see mention-admin lag"
        sleep 0.5
        read_holders
    done
}

# Partition and next offset of each partition that has something to read and is not paused.
waiting() {
    sed -nE '/"lag":0[,}]/d; /"paused":"/d
        s/.*"next":([0-9]+).*"partition":([0-9]+).*/\2 \1/p' <<<"$holders"
}

# --- commands

bring_to() {
    local count=$1 n excess=() fresh=() wanted=()
    for n in $(numbers); do
        if ((n > count)); then excess+=("$n"); fi
    done
    if ((${#excess[@]})); then
        say "stopping ${#excess[@]} of $(numbers | wc -l)…"
        stop_workers "${excess[@]}"
    fi
    for ((n = 1; n <= count; n++)); do
        wanted+=("$n")
        if ! is_alive "$n"; then
            if recorded "$n"; then say "worker $n is dead and started again"; fi
            fresh+=("$n")
        fi
    done
    for n in "${fresh[@]}"; do start_worker "$n"; done
    ((${#wanted[@]} == 0)) || wait_ready part "${wanted[@]}"
    say "$count running"
}

check_settings() {
    local problems
    problems=$("$worker" config check 2>&1) && return
    printf '%s\n' "$problems" | grep -E '^(wrong|mention-worker):' >&2 || printf '%s\n' "$problems" >&2
    exit 78
}

restart_all() {
    local n
    for n in $(numbers); do
        say "restarting worker $n…"
        stop_workers "$n"
        start_worker "$n"
        wait_ready whole "$n"
    done
    say "all restarted"
}

show_status() {
    local n dead=0
    for n in $(numbers); do
        if is_alive "$n"; then
            printf 'worker %s  pid %s  running  %s\n' "$n" "$pid" "$state/worker-$n.log"
        else
            dead=1
            printf 'worker %s  dead  last line: %s\n' "$n" "$(tail -n 1 "$state/worker-$n.log" 2>/dev/null)"
        fi
    done
    [[ -n $(numbers) ]] || printf 'no workers\n'
    if [[ -n ${KAFKA_BOOTSTRAP_SERVERS:-}${DATABASE_URL:-}${DATABASE_URL_FILE:-} ]]; then
        printf '\n'
        "$admin" status --give-up-after 5s || true
    fi
    ((dead == 0)) || exit 70
}

if [[ ${1:-} == run && -n ${2:-} ]]; then
    if [[ -n ${FARM_ENV:-} ]]; then load_settings "$FARM_ENV"; fi
    program=$(find_program "$2")
    exec "$program" "${@:3}"
fi
(($# >= 1 && $# <= 2)) || usage
command=$1 count=${2:-}
[[ -z $count || $count =~ ^[0-9]{1,3}$ ]] || usage
case "$command" in
    up | scale) ;;
    restart | status | down) [[ -z $count ]] || usage ;;
    *) usage ;;
esac
[[ $command != scale || -n $count ]] || usage

if [[ -n ${FARM_ENV:-} ]]; then load_settings "$FARM_ENV"; fi
prepare_state
worker=$(find_program mention-worker)
admin=$(find_program mention-admin)
if [[ $command != status ]]; then lock_state; fi
case "$command" in
    up)
        check_settings
        known=$(numbers | tail -n 1)
        count=${count:-${known:-1}}
        # `up` stops nobody.
        bring_to "$((10#$count > 10#${known:-0} ? 10#$count : 10#${known:-0}))"
        ;;
    scale)
        if ((10#$count > 0)); then check_settings; fi
        bring_to "$((10#$count))"
        ;;
    restart)
        check_settings
        restart_all
        ;;
    down) bring_to 0 ;;
    status) show_status ;;
esac
