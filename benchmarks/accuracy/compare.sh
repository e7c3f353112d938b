#!/usr/bin/env bash
# Writes docs/accuracy.md: the shipped model beside VADER on the same files.
#   benchmarks/accuracy/compare.sh [folder of data]      (default: ../shared/data)
# VADER comes from PyPI into a folder that is deleted in the end. MODEL=FILE measures another model.
set -euo pipefail
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
if [ ! -d "$data/labelled" ]; then
    echo "compare.sh: $data holds no labelled texts: give the folder of data" >&2
    exit 64
fi
program=${PROGRAM:-.build/release/mention-train}
[ -x "$program" ] || swift build -c release --product mention-train
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet vaderSentiment==3.3.2
"$scratch/venv/bin/python" benchmarks/accuracy/compare.py --program "$program" --data "$data" --out docs/accuracy.md \
    ${MODEL:+--model "$MODEL"}
echo "docs/accuracy.md"
