#!/usr/bin/env bash
# Texts a second on one core, all heads, and allocations a text once warm.
#   benchmarks/classifier.sh FILE      a file with a text a line (label, tab, text will do)
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -ne 1 ]; then
    echo "usage: benchmarks/classifier.sh FILE" >&2
    exit 64
fi
program=${PROGRAM:-.build/release/mention-train}
[ -x "$program" ] || swift build -c release --product mention-train
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Counts calls of malloc and its kin.
cat > "$scratch/count.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_calloc(size_t, size_t);
static atomic_long calls;
void *malloc(size_t size) { calls++; return __libc_malloc(size); }
void *realloc(void *old, size_t size) { calls++; return __libc_realloc(old, size); }
void *calloc(size_t count, size_t size) { calls++; return __libc_calloc(count, size); }
__attribute__((destructor)) static void say(void) {
    FILE *file = fopen(getenv("ALLOCATIONS_FILE"), "w");
    if (file) { fprintf(file, "%ld\n", (long)calls); fclose(file); }
}
C
cc -shared -fPIC -O2 -o "$scratch/count.so" "$scratch/count.c"
for rounds in 1 11; do
    ALLOCATIONS_FILE="$scratch/$rounds" LD_PRELOAD="$scratch/count.so" "$program" bench --rounds $rounds "$1" > /dev/null
done
texts=$(wc -l < "$1")
echo "allocations a text: $(awk "BEGIN { print ($(cat "$scratch/11") - $(cat "$scratch/1")) / ($texts * 10) }")"
"$program" bench "$1"
