#!/usr/bin/env bash
# Makes sure that what the farm is built from is there: a few packages of Debian, and a Swift toolchain.
# Sourced by demo.sh and test.sh; also runs by itself. Installs only what is missing, and asks nothing.
set -euo pipefail

farm_packages=(librdkafka-dev libpq-dev zlib1g-dev postgresql pkg-config)

farm_fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 78
}

# Whether a package is installed.
farm_has() {
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

farm_install_packages() {
    local package missing=() root=()
    if ! command -v dpkg-query apt-get >/dev/null; then
        # Another system: what counts is that the libraries can be found.
        if command -v pkg-config >/dev/null && pkg-config --exists rdkafka libpq zlib; then return; fi
        farm_fail "this is no Debian: install librdkafka, libpq and zlib with their headers, PostgreSQL and pkg-config"
    fi
    for package in "${farm_packages[@]}"; do
        farm_has "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null || farm_fail "run as root, or first: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    printf 'setup: installing %s\n' "${missing[*]}" >&2
    local log
    log=$(mktemp)
    if ! { "${root[@]}" apt-get update -qq && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        farm_fail "apt-get could not install ${missing[*]}"
    fi
    rm -f "$log"
}

farm_find_swift() {
    if ! command -v swift >/dev/null && [[ -x /opt/swift/usr/bin/swift ]]; then
        export PATH="/opt/swift/usr/bin:$PATH"
    fi
    command -v swift >/dev/null ||
        farm_fail "there is no swift in PATH: install Swift 6.2 or later, see https://www.swift.org/install/linux"
}

farm_install_packages
farm_find_swift
