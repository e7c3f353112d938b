"""Others who read the same topic in the same run, into a database of their own on the same server."""
import hashlib
import json
import os
import socket
import subprocess
import sys
import time

import farm
import usage
from usage import Failure

PACKAGES = ["confluent-kafka==2.12.2", "orjson==3.13.0", "psycopg[binary]==3.3.9", "vaderSentiment==3.3.2", "bytewax==0.21.1"]


def compile_c(root, source, *libraries):
    """A C program of ours, compiled once for each version of its source."""
    with open(f"{root}/{source}", "rb") as file:
        name = hashlib.sha256(file.read()).hexdigest()[:16]
    folder = f"{root}/.build/benchmarks"
    os.makedirs(folder, exist_ok=True)
    program = f"{folder}/{os.path.basename(source)[:-2]}-{name}"
    if not os.path.exists(program):
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", *libraries], capture_output=True, text=True)
        if flags.returncode:
            raise Failure(f"pkg-config: {flags.stderr.strip()}", 69)
        done = subprocess.run(["cc", "-O2", "-o", f"{program}.{os.getpid()}", f"{root}/{source}", *flags.stdout.split(), "-lm"],
                              capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{source} does not compile: {done.stderr.strip()[-800:]}")
        os.rename(f"{program}.{os.getpid()}", program)
    return program


def python():
    """A Python with the rivals' packages: that of RIVALS_PYTHON, else one of ours in the user's cache."""
    if given := os.environ.get("RIVALS_PYTHON"):
        return given
    folder = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")) + "/mention-farm-rivals"
    program, mark = f"{folder}/bin/python", f"{folder}/installed"
    wanted = "\n".join(PACKAGES)
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == wanted:
                return program
    print("installing the rivals' packages…", file=sys.stderr)
    for command in ([sys.executable, "-m", "venv", folder], [program, "-m", "pip", "install", "--quiet", *PACKAGES]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{' '.join(command[:4])} failed: {done.stderr.strip()[-500:]}", 69)
    with open(mark, "w") as file:
        file.write(wanted)
    return program


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def measure(services, url, commands, environments, results):
    """Runs processes side by side; `results` takes them when they have ended, and reads what they say."""
    with usage.Server(services.postmaster) as server, usage.Crew(services.work, "rival") as crew:
        account = farm.Account(services, url)
        for command, environment in zip(commands, environments):
            crew.start(command, environment)
        used, memory = crew.wait()
        wall = time.time() - account.begin
        shares = results(crew)
        count = sum(share["records"] + share["skipped"] for share in shares)
        result = account.close(count, {"worker": used})
        server.look()
    begin = min(share["begin"] for share in shares if share["begin"])
    rate = count / (max(share["end"] for share in shares) - begin)
    return result | {"records": count, "skipped": sum(share["skipped"] for share in shares), "seconds": round(wall, 2),
                     "per_second": round(rate), "per_second_with_start": round(count / wall),
                     "worker_mb": round(memory), "server_mb": round(server.peak)}


def printed(crew):
    return [json.loads(crew.said(number).splitlines()[-1]) for number in range(len(crew.processes))]


def raw(services, url, topic, options):
    """Kafka to COPY and nothing else, into a table like the farm's newest partition."""
    program = compile_c(options.root, "benchmarks/rivals/raw.c", "rdkafka", "libpq")
    services.sql(url, "CREATE SCHEMA raw; CREATE TABLE raw.mention (LIKE mention_store.mention INCLUDING ALL)")
    shares = options.raw_processes
    commands = [[program, services.brokers, topic, url, "raw.mention", str(share), str(shares), str(options.raw_batch)]
                for share in range(shares)]
    result = measure(services, url, commands, [os.environ] * shares, printed)
    stored = int(services.sql(url, "SELECT count(*) FROM raw.mention"))
    if stored != result["records"] - result["skipped"]:
        raise Failure(f"raw stored {stored} rows of {result['records']} records")
    return result


def schema(url):
    done = subprocess.run([python(), "-c", "import plain_table, psycopg, sys\n"
                           "psycopg.connect(sys.argv[1], autocommit=True).execute(plain_table.SCHEMA)", url],
                          cwd=os.path.dirname(__file__) + "/../rivals", capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"the rivals' table: {done.stderr.strip()[-500:]}")


def checked(services, url, result, manifest):
    """A rival must have every mention, too: else it was fast at something else."""
    stored = int(services.sql(url, "SELECT count(*) FROM plain.mention"))
    summed = int(services.sql(url, "SELECT coalesce(sum(mentions), 0) FROM plain.author"))
    if summed != stored or stored < manifest["mentions"]:
        raise Failure(f"stored {stored} mentions and summed {summed}, but there are {manifest['mentions']}")
    return result | {"mentions": stored}


def plain(services, url, topic, options, manifest, classifier):
    """A plain Python consumer, as many processes as cores."""
    schema(url)
    shares = options.python_processes
    commands = [[python(), f"{options.root}/benchmarks/rivals/plain.py", services.brokers, topic, url, str(share),
                 str(shares), str(options.python_batch), classifier] for share in range(shares)]
    result = measure(services, url, commands, [os.environ] * shares, printed)
    return checked(services, url, result, manifest)


def bytewax(services, url, topic, options, manifest):
    """Bytewax with VADER, as many processes as cores."""
    schema(url)
    shares = options.python_processes
    folder = f"{options.root}/benchmarks/rivals"
    addresses = ";".join(f"127.0.0.1:{port}" for port in free_ports(shares))
    more = ["-a", addresses] if shares > 1 else []
    commands = [[python(), "-m", "bytewax.run", "bytewax_flow:flow"] + (["-i", str(share)] if more else []) + more
                for share in range(shares)]
    environment = {**os.environ, "BROKERS": services.brokers, "TOPIC": topic, "DATABASE_URL": url, "CLASSIFIER": "vader",
                   "BATCH": str(options.python_batch), "OUTPUT": services.work, "PYTHONPATH": folder}

    def shares_written(_):
        found = []
        for share in range(shares):
            with open(f"{services.work}/share-{share}.json") as file:
                found.append(json.load(file))
        return found
    return checked(services, url, measure(services, url, commands, [environment] * shares, shares_written), manifest)
