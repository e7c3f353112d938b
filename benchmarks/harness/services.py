"""The broker and the PostgreSQL of a run: our own, or those given."""
import json
import os
import re
import signal
import subprocess
import tempfile
import urllib.parse

import usage
from usage import Failure


class Services:
    """Brings up `mention-demo --services-only`, or takes what KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL name.

    Each round gets a database of its own; topics are read again by the next round.
    """

    def __init__(self, binaries, topics, partitions):
        self.binaries, self.topics, self.partitions = binaries, topics, partitions
        self.process = self.postmaster = self.broker = None
        self.databases = []

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="farm-bench-")
        self.work = self.scratch.name
        brokers, url = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("DATABASE_URL")
        if bool(brokers) != bool(url):
            raise Failure("set both KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL, or neither", 64)
        self.given = bool(brokers)
        if not self.given:
            command = [f"{self.binaries}/mention-demo", "--services-only", "--exit-with-stdin",
                       "--partitions", str(self.partitions)]
            for topic in self.topics:
                command += ["--topic", topic]
            # Its end of the pipe: the services end with this program, however it ends.
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                            start_new_session=True)
            line = self.process.stdout.readline()
            if not line:
                raise Failure("the services did not start", 69)
            addresses = json.loads(line)
            brokers, url = addresses["kafka_bootstrap_servers"], addresses["database_url"]
            self.broker = self.process.pid
        self.brokers, self.base = brokers, url
        try:
            with open(self.sql(url, "SHOW data_directory") + "/postmaster.pid") as file:
                pid = int(file.readline())
            self.postmaster = pid if usage.stat(pid) else None
        except (OSError, ValueError):
            self.postmaster = None  # elsewhere, or not for us to see: its processor time is left out
        self.server_version = self.sql(url, "SHOW server_version")
        return self

    def __exit__(self, *_):
        for name in self.databases:
            self.drop(name)
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGTERM)
                self.process.wait(40)
        self.scratch.cleanup()

    @staticmethod
    def sql(url, query):
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", query], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"psql: {done.stderr.strip()[-500:]}", 69)
        return done.stdout.strip()

    def fresh_database(self, name, synchronous):
        """An empty database beside the one of the URL, after a checkpoint: no round pays for the one before."""
        self.drop(name)
        self.sql(self.base, f'CREATE DATABASE "{name}"')
        self.sql(self.base, f'ALTER DATABASE "{name}" SET synchronous_commit = {"on" if synchronous else "off"}')
        self.sql(self.base, "CHECKPOINT")
        if name not in self.databases:
            self.databases.append(name)
        parts = urllib.parse.urlsplit(self.base)
        return urllib.parse.urlunsplit(parts._replace(path="/" + name))

    def drop(self, name):
        if not re.fullmatch(r"farm_bench_[a-z0-9_]+", name):
            raise Failure(f"{name} is no database of ours")
        self.sql(self.base, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def environment(self, url, topic, **more):
        return {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": self.brokers, "DATABASE_URL": url, "MENTIONS_TOPIC": topic,
                "MENTIONS_LOG_LEVEL": "warning", **more}
