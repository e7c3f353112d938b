"""Producer, broker, database and workers together, and how long it takes until what is published can be seen."""
import json
import signal
import subprocess
import time

import farm
import usage
from hdr import Histogram
from rivals import compile_c
from services import Failure

SHARES = (50, 90, 99, 99.9)


def start_workers(services, url, topic, options, group, partitions):
    """Workers that have their partitions, so that the forming of the group is no part of what is measured."""
    environment = farm.worker_environment(services, url, topic, options, group)
    processes = []
    for number in range(options.workers):
        with open(f"{services.work}/live-{number}.err", "w") as err:
            processes.append(subprocess.Popen(farm.worker_command(options, "--start", "latest"), env=environment,
                                              stdout=subprocess.DEVNULL, stderr=err))
    deadline = time.time() + 90
    held = "SELECT count(*), count(DISTINCT owner) FROM mention_farm.progress WHERE owner IS NOT NULL AND next_offset IS NOT NULL"
    try:
        while services.sql(url, held) != f"{partitions}|{min(options.workers, partitions)}":
            alive(services, processes)
            if time.time() > deadline:
                raise Failure("the workers did not get their partitions")
            time.sleep(0.2)
    except BaseException:
        stop(processes)
        raise
    return processes


def alive(services, processes):
    for number, process in enumerate(processes):
        if process.poll() is not None:
            raise Failure(f"worker {number} ended: " + farm.tail(f"{services.work}/live-{number}.err"))


def stop(processes):
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        process.wait()


def run(services, url, topic, options, rate, seed):
    """One live run. `rate` 0: as fast as the producer can, options.count records; no latencies then."""
    group = f"live-{topic}"
    count = int(rate * options.seconds) if rate else options.count
    farm.prepare(services, url, topic, options, options.brands)
    partitions = int(services.partitions)
    workers = start_workers(services, url, topic, options, group, partitions)
    manifest = f"{services.work}/manifest-{topic}.json"
    looks = farm.Looks(services, url, farm.PROGRESS)
    prober = None
    try:
        with usage.Server(services.postmaster) as server:
            account = farm.Account(services, url)
            before = [usage.seconds(worker.pid) for worker in workers]
            if rate:
                prober = probe(services, url, topic, options, group, seed)
            command = [f"{options.bin}/mention-producer", "generate", "--count", str(count), "--seed", str(seed),
                       "--authors", str(options.authors), "--brands", str(options.brands), "--manifest", manifest]
            # At full speed the broker must hold what the workers have not read yet; at a rate, batches go out at once.
            command += ["--rate", str(rate)] if rate else farm.PACKED
            _, producing, _ = farm.run(services, command, services.environment(services.base, topic), "producer")
            produced = time.time() - account.begin
            sent, latencies = 0, Histogram()
            if prober:
                code = prober.wait()
                with open(f"{services.work}/probe.err") as file:
                    said = file.read().strip()
                if code:
                    raise Failure(f"the probe ended with {code}: {said[-300:]}")
                with open(f"{services.work}/probe.out") as file:
                    for line in file:
                        latencies.record(int(line))
                sent = latencies.count
            deadline = time.time() + 600
            while (seen := int(float(services.sql(url, f"SELECT {farm.PROGRESS}")))) < count + sent:
                alive(services, workers)
                if time.time() > deadline:
                    raise Failure(f"of {count + sent} records {seen} were written in ten minutes")
                time.sleep(0.2)
            while options.relate and services.sql(url, farm.BEHIND) != "0":
                alive(services, workers)
                if time.time() > deadline:
                    raise Failure("the background step did not reach the end")
                time.sleep(0.2)
            used = sum(usage.seconds(worker.pid) for worker in workers) - sum(before)
            memory = max(usage.status_mb(worker.pid, "VmHWM") for worker in workers)
            result = account.close(count + sent, {"worker": used, "producer": producing})
            server.look()
    finally:
        if prober and prober.poll() is None:
            prober.terminate()
            prober.wait()
        stop(workers)
        seen = looks.end()
    farm.check_watermarks(services, url, topic, options)
    with open(manifest) as file:
        farm.compare_counts(services, url, json.load(file), sent)
    shown = [(at, records) for at, records, *_ in seen if records > 0]
    last = next(at for at, records in shown if records == shown[-1][1]) - account.begin
    result |= {"rate": rate, "records": count + sent, "per_second": round((count + sent) / last), "probes": sent,
               "seconds_producing": round(produced, 2), "seconds_until_visible": round(last, 2),
               "worker_mb": round(memory), "server_mb": round(server.peak)}
    if sent:
        result["latency_ms"] = {f"p{share:g}": round(latencies.percentile(share) / 1000, 1) for share in SHARES}
        result["latency_ms"]["max"] = round(latencies.greatest / 1000, 1)
    return result, latencies


def probe(services, url, topic, options, group, seed):
    program = compile_c(options.root, "benchmarks/harness/probe.c", "rdkafka", "libpq")
    with open(f"{services.work}/probe.out", "w") as out, open(f"{services.work}/probe.err", "w") as err:
        return subprocess.Popen([program, services.brokers, topic, url, group, str(options.probes), str(options.seconds),
                                 str(options.look_ms), str(seed)], stdout=out, stderr=err)
