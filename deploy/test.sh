#!/usr/bin/env bash
# Runs the whole test suite. Arguments go to swift test: try --filter RuntimeTests.
# Tests that need Kafka or PostgreSQL use KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL where they are set, and services of
# their own where not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=deploy/setup.sh
source deploy/setup.sh

exec swift test "$@"
