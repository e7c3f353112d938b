"""Processor time and memory of processes, from /proc."""
import os
import threading

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
    if not one:
        return 0.0
    return one[1] + one[2] + sum(seconds(child) for child in children(postmaster))


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


def wait(process):
    """Waits for a child; (exit code, seconds of processor time, peak of resident memory in megabytes)."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
