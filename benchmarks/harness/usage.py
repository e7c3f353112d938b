"""Processor time and memory of processes, from /proc, and processes that end with us."""
import os
import signal
import subprocess
import threading
import time


class Failure(Exception):
    """A sentence for the person who runs the benchmark."""

    def __init__(self, sentence, code=70):
        super().__init__(sentence)
        self.code = code


TICK = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """(parent, own seconds, seconds of children that have ended) of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            one = stat(name)
            if one and one[0] == pid:
                found.append(int(name))
    return found


def seconds(pid):
    """Processor time of one process with its threads; 0 where there is none."""
    one = stat(pid) if pid else None
    return one[1] if one else 0.0


def server_seconds(postmaster):
    """Processor time of a PostgreSQL as a whole: its postmaster waits for each backend that ends, so that none is lost."""
    one = stat(postmaster) if postmaster else None
    while one:
        total = one[1] + one[2] + sum(seconds(child) for child in children(postmaster))
        after = stat(postmaster)
        # A backend that was waited for meanwhile would be missing, or be there twice.
        if after and after[2] == one[2]:
            return total
        one = after
    return 0.0


def status_mb(pid, key):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def proportional_mb(pid):
    """Memory of a process, what it shares divided among those who share it."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


class Server:
    """The most memory that a PostgreSQL held, looked at every two seconds."""

    def __init__(self, postmaster):
        self.postmaster, self.peak, self.end = postmaster, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self):
        if self.postmaster:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        if self.postmaster:
            self.thread.join()

    def watch(self):
        while not self.end.wait(2):
            self.look()

    def look(self):
        held = sum(proportional_mb(pid) for pid in [self.postmaster, *children(self.postmaster)])
        self.peak = max(self.peak, held)


class Crew:
    """Processes side by side, none of which outlives the `with` block. Their output goes to files of the folder."""

    def __init__(self, folder, name):
        self.folder, self.name, self.processes = folder, name, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.returncode is None:
                process.kill()
                process.wait()

    def path(self, number, kind):
        return f"{self.folder}/{self.name}-{number}.{kind}"

    def start(self, command, environment=None):
        number = len(self.processes)
        with open(self.path(number, "out"), "w") as out, open(self.path(number, "err"), "w") as err:
            self.processes.append(subprocess.Popen(command, env=environment, stdout=out, stderr=err))
        return self.processes[-1]

    def said(self, number, kind="out", most=600):
        with open(self.path(number, kind), errors="replace") as file:
            return file.read()[-most:].strip()

    def wait(self):
        """Waits for all; (seconds of processor time of all, peak of resident memory of one in megabytes). Fails when one
        fails: the others might wait for it for ever."""
        seconds = memory = 0.0
        left = dict(enumerate(self.processes))
        while left:
            for number, process in list(left.items()):
                pid, status, used = os.wait4(process.pid, os.WNOHANG)
                if not pid:
                    continue
                del left[number]
                process.returncode = os.waitstatus_to_exitcode(status)
                seconds += used.ru_utime + used.ru_stime
                memory = max(memory, used.ru_maxrss / 1024)
                if process.returncode:
                    raise Failure(f"{self.name} {number} ended with {process.returncode}: {self.said(number, 'err')}")
            time.sleep(0.01)
        return seconds, memory

    def check(self):
        """Fails if one has ended."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                raise Failure(f"{self.name} {number} ended with {process.returncode}: {self.said(number, 'err')}")

    def stop(self):
        """Asks all to end, as SIGTERM does, and waits; what they used."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return self.wait()
