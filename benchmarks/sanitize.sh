#!/usr/bin/env bash
# Runs the test suite under AddressSanitizer (with its search for leaks) or ThreadSanitizer.
#
#   benchmarks/sanitize.sh address|thread [--keep] [swift test arguments]
#
# Builds in a folder of its own, which is removed at the end unless --keep is given (then the next run with --keep
# starts from it). FARM_SANITIZE_BUILD names another folder. A first build takes 10 minutes and more on two cores.
# Without arguments all tests run; the whole farm (FarmTests) is slow: try --skip FarmTests first.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 64; }
case "${1:-}" in address | thread) kind=$1 ;; *) usage ;; esac
shift
keep=false
if [ "${1:-}" = --keep ]; then
    keep=true
    shift
fi

root=$(cd "$(dirname "$0")/.." && pwd)
if $keep; then
    build=${FARM_SANITIZE_BUILD:-${TMPDIR:-/tmp}/mention-farm-$kind-sanitizer}
else
    build=${FARM_SANITIZE_BUILD:-$(mktemp -d)}
    trap 'rm -rf "$build"' EXIT
fi

suppressions=$root/benchmarks/sanitizers/$kind.txt
preload=
case $kind in
    address)
        export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"
        export LSAN_OPTIONS="suppressions=$suppressions:print_suppressions=0:${LSAN_OPTIONS:-}"
        ;;
    thread)
        export TSAN_OPTIONS="suppressions=$suppressions:halt_on_error=0:history_size=4:${TSAN_OPTIONS:-}"
        # librdkafka's threads are C11's, which the sanitizer does not see without this.
        mkdir -p "$build"
        preload=$build/c11_threads.so
        "${CC:-cc}" -O1 -g -fPIC -shared -o "$preload" "$root/benchmarks/sanitizers/c11_threads.c" -lpthread
        ;;
esac
# Far fewer fuzzed inputs: each is many times slower here, and freed memory is kept back for a while.
export FARM_FUZZ=${FARM_FUZZ:-10000} FARM_FUZZ_OPTIONS=${FARM_FUZZ_OPTIONS:---growth 1000 --hang-seconds 60}

cd "$root"
# Without XCTest, which has no tests here and leaks its own suites.
swift build --build-tests --sanitize="$kind" --scratch-path "$build"
LD_PRELOAD=$preload swift test --skip-build --sanitize="$kind" --scratch-path "$build" --disable-xctest "$@"
