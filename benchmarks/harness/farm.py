"""The farm itself: a database, a topic, a drain, what is left for the background step, and the check."""
import json
import os
import subprocess
import time

import machine
import usage
from usage import Failure

PACKED = ["--kafka-property", "compression.codec=zstd", "--kafka-property", "compression.level=3",
          "--kafka-property", "linger.ms=1000"]


def run(services, command, environment, log):
    """Runs a program to its end and returns its last line of standard output as JSON, with its processor time."""
    with usage.Crew(services.work, log) as crew:
        crew.start(command, environment)
        seconds, memory = crew.wait()
        lines = crew.said(0).splitlines()
        return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}, seconds, memory


def publish(services, topic, options, count, seed, more=(), pack=True):
    """Fills a topic, and makes sure that the broker has kept all of it. Returns the manifest."""
    manifest = f"{services.work}/manifest-{topic}-{seed}.json"
    command = [f"{options.bin}/mention-producer", "generate", "--count", str(count), "--seed", str(seed),
               "--manifest", manifest, *(PACKED if pack else []), *more]
    _, seconds, _ = run(services, command, services.environment(services.base, topic), f"producer-{topic}-{seed}")
    with open(manifest) as file:
        return {**json.load(file), "producer_cpu_us": round(seconds / count * 1e6, 2)}


def prepare(services, url, topic, options, brands):
    """An empty schema, and the brands that the generator speaks of."""
    environment = services.environment(url, topic)
    run(services, [f"{options.bin}/mention-admin", "migrate"], environment, "migrate")
    listed = f"{services.work}/brands.ndjson"
    subprocess.run([f"{options.bin}/mention-producer", "generate", "--count", "1", "--brands", str(brands), "--to-stdout",
                    "--brands-out", listed], env=environment, check=True, capture_output=True)
    run(services, [f"{options.bin}/mention-admin", "brands", "import", listed], environment, "brands")


def check_watermarks(services, url, topic, options):
    """The embedded broker drops the oldest silently when a partition holds over 5 MiB: then nothing is measured."""
    done = subprocess.run([f"{options.bin}/mention-admin", "lag", "--json"], env=services.environment(url, topic),
                          capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"mention-admin lag: {done.stderr.strip()[-500:]}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    lost = [row["partition"] for row in rows if row["low"] > (row.get("next") or 0)]
    if lost:
        raise Failure(f"the broker dropped unread records of partitions {lost}: --count fewer, or more --partitions")
    return sum(row["high"] - row["low"] for row in rows)


def verify(services, url, topic, options):
    done = subprocess.run([f"{options.bin}/mention-admin", "verify"], env=services.environment(url, topic),
                          capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"mention-admin verify failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip().splitlines()[-1]


class Looks:
    """Looks at a query ten times a second while something runs: (seconds since 1970, columns)."""

    def __init__(self, services, url, query, interval=0.1):
        self.path = f"{services.work}/looks"
        text = f"SELECT extract(epoch FROM clock_timestamp()), {query}\n\\watch {interval}\n"
        self.output = open(self.path, "w")
        self.process = subprocess.Popen(["psql", "-XAtq", "-F", " ", url], stdin=subprocess.PIPE, stdout=self.output,
                                        stderr=subprocess.DEVNULL, text=True)
        self.process.stdin.write(text)
        self.process.stdin.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        self.output.close()

    def end(self):
        """What was seen; after a last look at what is there now."""
        time.sleep(0.3)
        self.process.terminate()
        self.process.wait()
        rows = []
        with open(self.path) as file:
            for line in file:
                fields = line.split()
                try:
                    rows.append([float(field) for field in fields])
                except ValueError:
                    continue  # psql's heading of each look
        return [row for row in rows if len(row) > 1]


def steady(looks):
    """Records a second between the first look that showed any and the first that showed all. The start of programs and
    the forming of the group are left out, and so are the records of the first look."""
    shown = [(at, records) for at, records, *_ in looks if records > 0]
    if not shown or shown[-1][1] <= shown[0][1]:
        return None
    last = next(at for at, records in shown if records == shown[-1][1])
    return (shown[-1][1] - shown[0][1]) / (last - shown[0][0]) if last > shown[0][0] else None


PROGRESS = "coalesce(sum(records), 0) FROM mention_farm.progress"
BEHIND = "SELECT count(*) FROM mention_farm.progress WHERE related_through IS DISTINCT FROM next_offset"


class Account:
    """What the processes of a farm used between two moments."""

    def __init__(self, services, url):
        self.services, self.url = services, url
        self.wal = int(services.sql(url, "SELECT pg_current_wal_insert_lsn() - '0/0'"))
        self.size = int(services.sql(url, "SELECT pg_database_size(current_database())"))
        self.server, self.broker = usage.server_seconds(services.postmaster), usage.seconds(services.broker)
        self.machine, self.begin = machine.cpu_times(), time.time()

    def close(self, count, programs):
        """Per record: microseconds and bytes. `programs`: their seconds of processor time by name."""
        services, each = self.services, 1e6 / count
        seconds = time.time() - self.begin
        used, stolen = (now - then for now, then in zip(machine.cpu_times(), self.machine))
        server = usage.server_seconds(services.postmaster) - self.server if services.postmaster else None
        broker = usage.seconds(services.broker) - self.broker if services.broker else None
        ours = sum(programs.values()) + (server or 0) + (broker or 0)
        wal = int(services.sql(self.url, "SELECT pg_current_wal_insert_lsn() - '0/0'")) - self.wal
        size = int(services.sql(self.url, "SELECT pg_database_size(current_database())")) - self.size
        return {
            "seconds": round(seconds, 2),
            "cpu_us": {name: round(value * each, 2) for name, value in
                       {**programs, "postgres": server, "broker": broker}.items() if value is not None},
            "cpu_us_total": round(ours * each, 2), "wal_bytes": round(wal / count), "stored_bytes": round(size / count),
            # Of all cores, what neither we nor idling took.
            "others_percent": round(100 * max(0, used - ours) / seconds / os.cpu_count(), 1),
            "stolen_percent": round(100 * stolen / seconds / os.cpu_count(), 1),
        }


def worker_command(options, *more):
    return [f"{options.bin}/mention-worker", *more, *options.worker_option]


def worker_environment(services, url, topic, options, group):
    return services.environment(url, topic, MENTIONS_GROUP=group, METRICS_ADDRESS="none",
                                MENTIONS_SYNCHRONOUS_COMMIT="true" if options.synchronous else "false")


def drain(services, url, topic, options, workers, group, more=()):
    """Workers take all that is in the topic; then one of them does what is left to the background step."""
    environment = worker_environment(services, url, topic, options, group)
    before = int(float(services.sql(url, f"SELECT {PROGRESS}")))
    with usage.Server(services.postmaster) as server, Looks(services, url, PROGRESS) as looks, \
            usage.Crew(services.work, "worker") as crew:
        account = Account(services, url)
        for _ in range(workers):
            crew.start(worker_command(options, "--until-caught-up", *more), environment)
        used, memory = crew.wait()
        wall = time.time() - account.begin
        seen = looks.end()
        count = int(float(services.sql(url, f"SELECT {PROGRESS}"))) - before
        if count <= 0:
            raise Failure("the workers found nothing to do")
        result = account.close(count, {"worker": used})
        server.look()
    seen = [[at, records - before] for at, records in seen]
    rate = steady(seen)
    result |= {"records": count, "seconds": round(wall, 2), "per_second": round(rate or count / wall),
               "per_second_with_start": round(count / wall), "worker_mb": round(memory), "server_mb": round(server.peak)}
    if options.relate:
        result["behind"] = relate(services, url, options, environment, count)
    return result


def relate(services, url, options, environment, count):
    """Lets one worker finish what the background step has left, which goes behind a backlog."""
    with usage.Crew(services.work, "relating worker") as crew:
        account = Account(services, url)
        crew.start(worker_command(options), environment)
        deadline = time.time() + 900
        while services.sql(url, BEHIND) != "0":
            crew.check()
            if time.time() > deadline:
                raise Failure("the background step did not reach the end in 15 minutes")
            time.sleep(0.2)
        seconds = time.time() - account.begin
        used, _ = crew.stop()
    return {**account.close(count, {"worker": used}), "seconds": round(seconds, 2)}


def compare_counts(services, url, manifest, probes=0):
    """What progress has counted against what the generator knows."""
    row = services.sql(url, "SELECT sum(records), sum(new_mentions), sum(redeliveries), sum(revisions), sum(dead_letters)"
                            " FROM mention_farm.progress").split("|")
    counted = dict(zip(("records", "mentions", "redeliveries", "revisions", "dead_letters"), map(int, row)))
    wanted = {key: manifest[key] for key in counted}
    wanted["records"] += probes
    wanted["mentions"] += probes
    if counted != wanted:
        raise Failure(f"the counts differ from the generator's: counted {counted}, published {wanted}")
