"""The kinds of run. Each returns its points: {"name", "setting", "rounds": […], "median": {…}}, and draws its plots."""
import argparse
import datetime
import sys

import farm
import live
import plot
import report
import rivals


def say(text):
    print(text, file=sys.stderr, flush=True)


def one_drain(services, topic, options, manifest, round_number, name, workers, more=(), brands=None, synchronous=None):
    """One drain of a full topic into a fresh database, checked."""
    if synchronous is not None:
        options = argparse.Namespace(**{**vars(options), "synchronous": synchronous})
    url = services.fresh_database(f"farm_bench_{name}", options.synchronous)
    try:
        farm.prepare(services, url, topic, options, brands or options.brands)
        result = farm.drain(services, url, topic, options, workers, f"bench-{name}-{round_number}", more)
        farm.compare_counts(services, url, manifest)
        result["verified"] = farm.verify(services, url, topic, options)
    finally:
        services.drop(f"farm_bench_{name}")
    say(f"  {name}, round {round_number + 1}: {result['per_second']:,} records/s, {result['cpu_us_total']} µs, "
        f"others {result['others_percent']} %")
    return result


def point(name, setting, rounds):
    return {"name": name, "setting": setting, "median": report.median(rounds), "rounds": rounds}


def fill(services, options, topic, count, seed, more=()):
    say(f"publishing {count:,} records to {topic}…")
    manifest = farm.publish(services, topic, options, count, seed, more)
    url = services.fresh_database("farm_bench_check", True)
    try:
        farm.prepare(services, url, topic, options, 1)
        farm.check_watermarks(services, url, topic, options)
    finally:
        services.drop("farm_bench_check")
    return manifest


def shape(options):
    return ["--authors", str(options.authors), "--brands", str(options.brands)]


def drains(services, options, settings):
    """Drains of one topic with several settings, in turns, so that the machine's moods meet all alike. `settings`:
    (name, setting, workers, options of mention-worker)."""
    topic = options.topics[0]
    manifest = fill(services, options, topic, options.count, options.seed, shape(options))
    rounds = {name: [] for name, *_ in settings}
    for number in range(options.rounds):
        for name, _, workers, more in settings:
            rounds[name].append(one_drain(services, topic, options, manifest, number, name, workers, more))
    return [point(name, setting, rounds[name]) for name, setting, *_ in settings]


def cpu_plot(title, points):
    parts = ["worker", "postgres", "broker", "producer"]
    series = [(part, [one["median"]["cpu_us"].get(part, 0) for one in points]) for part in parts]
    series.append(("behind", [(one["median"].get("behind") or {}).get("cpu_us_total", 0) for one in points]))
    return plot.bars(title, "µs of processor time a record", [one["name"] for one in points],
                     [one for one in series if any(one[1])])


def rate_plot(title, points):
    return plot.bars(title, "records a second", [one["name"] for one in points],
                     [("rate", [one["median"]["per_second"] for one in points])])


def against(title, across, points, key, logarithmic=True):
    line = [(one["setting"][key], one["median"]["per_second"]) for one in points]
    return plot.lines(title, "records a second", across, [("rate", line)], logarithmic)


def backlog(services, options):
    points = drains(services, options, [("backlog", {"workers": options.workers}, options.workers, [])])
    report.farm_table(points)
    return points, {"cpu": cpu_plot("Draining a full topic", points)}


def scale(services, options):
    points = drains(services, options, [(f"workers_{n}", {"workers": n}, n, []) for n in options.steps])
    report.farm_table(points)
    return points, {"rate": against("Rate by the number of workers", "workers", points, "workers"),
                    "cpu": cpu_plot("Processor time by the number of workers", points)}


def batch(services, options):
    points = drains(services, options, [(f"batch_{n}", {"batch_records": n}, options.workers, ["--batch-records", str(n)])
                                        for n in options.steps])
    report.farm_table(points)
    return points, {"rate": against("Rate by the size of batches", "most records of a transaction", points, "batch_records"),
                    "cpu": cpu_plot("Processor time by the size of batches", points)}


def brands(services, options):
    """Few to many: each shape has a topic of its own."""
    shapes = [tuple(int(part) for part in step.split("x")) for step in options.steps]
    points, manifests = [], []
    for topic, (number, authors) in zip(options.topics, shapes):
        manifests.append(fill(services, options, topic, options.count, options.seed,
                              ["--brands", str(number), "--authors", str(authors)]))
    rounds = [[] for _ in shapes]
    for turn in range(options.rounds):
        for place, (number, authors) in enumerate(shapes):
            rounds[place].append(one_drain(services, options.topics[place], options, manifests[place], turn,
                                           f"b{number}_a{authors}", options.workers, brands=number))
    for (number, authors), measured in zip(shapes, rounds):
        points.append(point(f"{number:,} brands, {authors:,} authors", {"brands": number, "authors": authors}, measured))
    report.farm_table(points)
    return points, {"cpu": cpu_plot("Processor time by brands and authors", [
        one | {"name": f"{one['setting']['brands']} × {plot.short(one['setting']['authors'])}"} for one in points])}


def growth(services, options):
    """Slices of a day each are published and drained, one after the other, into one database."""
    topic, slice_size, goals = options.topics[0], options.count, sorted(options.steps)
    url = services.fresh_database("farm_bench_growth", options.synchronous)
    farm.prepare(services, url, topic, options, options.brands)
    rounds, stored, number = [], 0, 0
    # A few slices beyond each goal, so that its rate is a median.
    while stored < goals[-1] + options.rounds * slice_size:
        near = any(goal <= stored < goal + options.rounds * slice_size for goal in goals)
        start = datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc) + datetime.timedelta(days=number)
        farm.publish(services, topic, options, slice_size, options.seed + number,
                     [*shape(options), "--span", "1d", "--start-at", start.strftime("%Y-%m-%dT%H:%M:%SZ")])
        farm.check_watermarks(services, url, topic, options)
        one = farm.drain(services, url, topic, options, options.workers, "bench-growth")
        one["stored_before"] = stored
        one["near"] = near
        rounds.append(one)
        stored = int(services.sql(url, "SELECT sum(new_mentions) FROM mention_farm.progress"))
        number += 1
        say(f"  {one['stored_before']:,} stored: {one['per_second']:,} records/s, {one['cpu_us_total']} µs, "
            f"others {one['others_percent']} %")
    verified = farm.verify(services, url, topic, options)
    say(verified)
    points = []
    for goal in goals:
        measured = [one for one in rounds if goal <= one["stored_before"] < goal + options.rounds * slice_size]
        if measured:
            points.append(point(f"{goal:,} stored", {"stored": goal}, measured))
    report.farm_table(points)
    if len(points) > 1:
        first, last = points[0]["median"]["per_second"], points[-1]["median"]["per_second"]
        print(f"from {points[0]['name']} to {points[-1]['name']} the rate changed by {100 * (last / first - 1):+.1f} %")
    services.drop("farm_bench_growth")
    line = [(one["stored_before"], one["per_second"]) for one in rounds]
    points.append({"name": "all slices", "setting": {"slice": slice_size}, "rounds": rounds, "median": report.median(rounds),
                   "verified": verified})
    return points, {"rate": plot.lines("Rate while the database grows", "records a second", "mentions stored before",
                                       [("rate", line)])}


CONTESTANTS = {
    "farm": "the farm",
    "farm-async": "the farm, synchronous_commit off",
    "raw": "raw: Kafka to COPY",
    "python": "Python, no classification",
    "python-vader": "Python with VADER",
    "bytewax-vader": "Bytewax with VADER",
}


def compare(services, options):
    if any("python" in name or "bytewax" in name for name in options.steps):
        rivals.python()  # installed before anything is measured
    topic = options.topics[0]
    manifest = fill(services, options, topic, options.count, options.seed, shape(options))
    rounds = {name: [] for name in options.steps}
    for number in range(options.rounds):
        for name in options.steps:
            if name.startswith("farm"):
                rounds[name].append(one_drain(services, topic, options, manifest, number, name.replace("-", "_"),
                                              options.workers, synchronous=options.synchronous and name == "farm"))
                continue
            database = "farm_bench_rival"
            url = services.fresh_database(database, options.synchronous)
            try:
                if name == "raw":
                    # For the table that it copies.
                    farm.prepare(services, url, topic, options, 1)
                    one = rivals.raw(services, url, topic, options)
                elif name == "bytewax-vader":
                    one = rivals.bytewax(services, url, topic, options, manifest)
                else:
                    one = rivals.plain(services, url, topic, options, manifest, "vader" if "vader" in name else "none")
            finally:
                services.drop(database)
            say(f"  {name}, round {number + 1}: {one['per_second']:,} records/s, {one['cpu_us_total']} µs, "
                f"others {one['others_percent']} %")
            rounds[name].append(one)
    points = [point(CONTESTANTS[name], {"contestant": name}, rounds[name]) for name in options.steps]
    report.farm_table(points)
    ours = next((one for one in points if one["setting"]["contestant"] == "farm"), None)
    if ours:
        print()
        report.table([[one["name"], round(ours["median"]["per_second"] / one["median"]["per_second"], 2),
                       round(ours["median"]["per_second_with_start"] / one["median"]["per_second_with_start"], 2)]
                      for one in points if one is not ours], ["the farm's rate is … times that of", "records/s", "with start"])
    return points, {"rate": rate_plot("Records a second, the same topic", [
                        one | {"name": one["setting"]["contestant"]} for one in points]),
                    "cpu": cpu_plot("Processor time, the same topic", [
                        one | {"name": one["setting"]["contestant"]} for one in points])}


def live_runs(services, options):
    """At the rates that are asked for; else first as fast as it goes, then at half of that."""
    points, topics, curves = [], iter(options.topics), []
    rates = list(options.rate)
    place = 0
    while place < len(rates):
        rate, rounds, together = rates[place], [], live.Histogram()
        if rate is None:
            rate = max(100, points[0]["median"]["per_second"] // 2)
        for number in range(options.rounds):
            topic = next(topics)
            url = services.fresh_database("farm_bench_live", options.synchronous)
            try:
                one, latencies = live.run(services, url, topic, options, rate, options.seed + number)
                one["verified"] = farm.verify(services, url, topic, options)
            finally:
                services.drop("farm_bench_live")
            together.add(latencies)
            rounds.append(one)
            say(f"  {rate or 'full speed'}, round {number + 1}: {one['per_second']:,} records/s, {one['cpu_us_total']} µs, "
                f"{one.get('latency_ms', '')} others {one['others_percent']} %")
        name = f"{rate:,}/s" if rate else "full speed"
        measured = point(name, {"rate": rate, "workers": options.workers}, rounds)
        if together.count:
            measured["latency_us_of_all_rounds"] = [[round(share, 4), value] for share, value in together.steps()]
            curves.append((name, [(share, value / 1000) for share, value in together.steps()]))
        points.append(measured)
        place += 1
    print("\nProcessor time in µs a record, the background step's included. Latency in ms, from published to visible in SQL.")
    rows = []
    for one in points:
        middle = one["median"]
        cpu, late = middle["cpu_us"], middle.get("latency_ms") or {}
        rows.append([one["name"], middle["per_second"], cpu.get("producer"), cpu.get("broker"), cpu.get("worker"),
                     cpu.get("postgres"), middle["cpu_us_total"], late.get("p50"), late.get("p90"), late.get("p99"),
                     late.get("p99.9"), middle["worker_mb"], middle["server_mb"], middle["wal_bytes"],
                     middle["stored_bytes"], middle["others_percent"]])
    report.table(rows, ["rate", "records/s", "producer", "broker", "worker", "postgres", "sum µs", "p50", "p90", "p99", "p99.9",
                        "worker MB", "postgres MB", "WAL B", "stored B", "others %"])
    plots = {"cpu": cpu_plot("Producer, broker, workers and PostgreSQL together", points)}
    if curves:
        plots["latency"] = plot.percentiles("From published to visible in SQL", curves)
    return points, plots


MODES = {"backlog": backlog, "live": live_runs, "scale": scale, "growth": growth, "brands": brands, "batch": batch,
         "compare": compare}
