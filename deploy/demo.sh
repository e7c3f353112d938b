#!/usr/bin/env bash
# Shows the whole farm on this machine. Arguments go to mention-demo: try --seconds 60, --workers 3, --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=deploy/setup.sh
source deploy/setup.sh

programs=(mention-demo mention-producer mention-worker mention-admin)
printf 'demo: building, a few minutes the first time\n' >&2
if [[ -t 2 ]]; then
    for program in "${programs[@]}"; do swift build -c release --product "$program" >&2; done
else
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    for program in "${programs[@]}"; do
        if ! swift build -c release --product "$program" >"$log" 2>&1; then
            tail -n 40 "$log" >&2
            printf 'demo: the build failed\n' >&2
            exit 70
        fi
    done
    rm -f "$log"
fi
exec "$(swift build -c release --show-bin-path)/mention-demo" "$@"
