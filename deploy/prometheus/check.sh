#!/usr/bin/env bash
# Checks the rules with promtool, then starts a farm and a Prometheus that scrapes it, and shows each expression of the
# rules and of the dashboards with what it gives. Takes two minutes; leaves nothing behind. Builds nothing: run
# `swift build` first, or set FARM_BIN to the folder of the programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/prometheus/farm.sh
source deploy/prometheus/farm.sh

promtool check config deploy/prometheus/prometheus.yml
# It makes a database for each test: in memory, where there is some.
if [[ -w /dev/shm ]]; then shm=/dev/shm; else shm=${TMPDIR:-/tmp}; fi
TMPDIR=$shm promtool test rules deploy/prometheus/rules_test.yml

farm_start
printf 'check: a farm of two workers; half a minute of scraping\n'
farm_publish 4000
farm_prometheus deploy/prometheus/rules.yml 1s 1s
farm_publish 4000
sleep 30
python3 - "$prometheus" <<'PY'
import json, re, sys, urllib.parse, urllib.request

address = sys.argv[1]

def ask(path, **parameters):
    with urllib.request.urlopen(f"{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
        return json.load(answer)["data"]

def shown(result):
    if not result:
        return "nothing"
    return "; ".join(f"{','.join(f'{k}={v}' for k, v in sorted(r['metric'].items()) if not k.startswith('__'))} {r['value'][1]}" for r in result[:2])

failed = 0
print("\nrules: the state of each, and what the sides of its expression give now")
# Comparisons filter: what stands before them shows whether there is data.
for group in ask("rules")["groups"]:
    for rule in group["rules"]:
        health = rule["health"]
        parts = [rule["query"]] if rule["type"] == "recording" else re.split(r"\s(?:>|<|==)\s|\band\b|\bunless\b", rule["query"])
        line = []
        for part in parts:
            part = part.strip().strip("()") if part.count("(") != part.count(")") else part.strip()
            if part.count("(") > part.count(")"):
                part += ")" * (part.count("(") - part.count(")"))
            if not re.search("[a-z]", part) or part.startswith("absent"):
                continue
            try:
                result = ask("query", query=part)["result"]
                line.append(shown(result))
            except Exception:
                continue
        empty = not line or line[0] == "nothing"
        # These have no data until they happen.
        expected = any(name in rule["query"] for name in ("absent", 'class="53"'))
        if health != "ok" or (empty and not expected):
            failed += 1
        print(f"  {rule['name']}: {health}, {rule.get('state', 'recorded')}: {' | '.join(line) or 'nothing'}")

print("\ndashboard: expressions without data")
values = {"$__rate_interval": "30s", "$job": ".*", "$instance": ".*", "$topic": ".*"}
board = json.load(open("deploy/grafana/mention-farm.json"))
count = empty = 0
for panel in board["panels"]:
    for target in panel.get("targets", []):
        query = target["expr"]
        for name, value in values.items():
            query = query.replace(name, value)
        count += 1
        if not ask("query", query=query)["result"]:
            empty += 1
            print(f"  {panel['title']}: {target['expr']}")
print(f"\n{count} expressions of the dashboard, {empty} without data; {failed} rules without data that should have some")
sys.exit(1 if failed else 0)
PY
