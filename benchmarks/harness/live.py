"""Producer, broker, database and workers together, and how long it takes until what is published can be seen."""
import json
import time

import farm
import usage
from hdr import Histogram
from rivals import compile_c
from usage import Failure

SHARES = (50, 90, 99, 99.9)


def start_workers(services, url, topic, options, group, crew):
    """Workers that have their partitions, so that the forming of the group is no part of what is measured."""
    environment = farm.worker_environment(services, url, topic, options, group)
    for _ in range(options.workers):
        crew.start(farm.worker_command(options, "--start", "latest"), environment)
    deadline = time.time() + 90
    held = "SELECT count(*), count(DISTINCT owner) FROM mention_farm.progress WHERE owner IS NOT NULL AND next_offset IS NOT NULL"
    while services.sql(url, held) != f"{services.partitions}|{min(options.workers, services.partitions)}":
        crew.check()
        if time.time() > deadline:
            raise Failure(f"the workers did not get the {services.partitions} partitions of {topic}: is that their number?")
        time.sleep(0.2)


def wait_until(services, url, query, reached, crew, what):
    deadline = time.time() + 600
    while not reached(seen := services.sql(url, query)):
        crew.check()
        if time.time() > deadline:
            raise Failure(f"{what}: {seen} after ten minutes")
        time.sleep(0.2)


def run(services, url, topic, options, rate, seed):
    """One live run. `rate` 0: as fast as the producer can, options.count records; no latencies then."""
    group = f"live-{topic}"
    count = int(rate * options.seconds) if rate else options.count
    farm.prepare(services, url, topic, options, options.brands)
    manifest = f"{services.work}/manifest-{topic}.json"
    with usage.Crew(services.work, "worker") as workers, usage.Crew(services.work, "probe") as prober, \
            farm.Looks(services, url, farm.PROGRESS) as looks, usage.Server(services.postmaster) as server:
        start_workers(services, url, topic, options, group, workers)
        account = farm.Account(services, url)
        before = [usage.seconds(worker.pid) for worker in workers.processes]
        if rate:
            program = compile_c(options.root, "benchmarks/harness/probe.c", "rdkafka", "libpq")
            prober.start([program, services.brokers, topic, url, group, str(options.probes), str(options.seconds),
                          str(options.look_ms), str(seed)])
        command = [f"{options.bin}/mention-producer", "generate", "--count", str(count), "--seed", str(seed),
                   "--authors", str(options.authors), "--brands", str(options.brands), "--manifest", manifest]
        command += ["--rate", str(rate)] if rate else []
        _, producing, _ = farm.run(services, command, services.environment(services.base, topic), "producer")
        produced = time.time() - account.begin
        latencies = Histogram()
        if rate:
            prober.wait()
            with open(prober.path(0, "out")) as file:
                for line in file:
                    latencies.record(int(line))
        sent = latencies.count
        wait_until(services, url, f"SELECT {farm.PROGRESS}", lambda seen: int(seen) >= count + sent, workers,
                   f"of {count + sent} records were written")
        if options.relate:
            wait_until(services, url, farm.BEHIND, lambda seen: seen == "0", workers, "partitions that are not related")
        used = sum(usage.seconds(worker.pid) for worker in workers.processes) - sum(before)
        memory = max(usage.status_mb(worker.pid, "VmHWM") for worker in workers.processes)
        result = account.close(count + sent, {"worker": used, "producer": producing})
        server.look()
        seen = looks.end()
        workers.stop()
    farm.check_watermarks(services, url, topic, options)
    with open(manifest) as file:
        farm.compare_counts(services, url, json.load(file), sent)
    last = next(at for at, records in seen if records == seen[-1][1]) - account.begin
    result |= {"rate": rate, "records": count + sent, "per_second": round(farm.steady(seen) or (count + sent) / last), "probes": sent,
               "seconds_producing": round(produced, 2), "seconds_until_visible": round(last, 2),
               "worker_mb": round(memory), "server_mb": round(server.peak)}
    if sent:
        result["latency_ms"] = {f"p{share:g}": round(latencies.percentile(share) / 1000, 1) for share in SHARES}
        result["latency_ms"]["max"] = round(latencies.greatest / 1000, 1)
    return result, latencies
