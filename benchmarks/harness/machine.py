"""Where and with what a figure was measured."""
import os
import platform
import re
import subprocess


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.strip() if done.returncode == 0 else None
    except OSError:
        return None


def cpu_times():
    """Seconds of processor time of the whole machine: (used, stolen by the host)."""
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    tick = os.sysconf("SC_CLK_TCK")
    user, nice, system, _, _, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq) / tick, steal / tick


def facts(root, binaries):
    with open("/proc/cpuinfo") as file:
        model = re.search(r"^model name\s*: (.*)$", file.read(), re.M)
    with open("/proc/meminfo") as file:
        memory = int(re.search(r"^MemTotal:\s+(\d+)", file.read(), re.M).group(1)) // 1024
    release = platform.freedesktop_os_release() if hasattr(platform, "freedesktop_os_release") else {}
    return {
        "machine": {
            "processor": model.group(1) if model else platform.machine(), "cores": os.cpu_count(), "memory_mb": memory,
            "system": release.get("PRETTY_NAME"), "kernel": platform.release(),
            "load_average": [round(load, 2) for load in os.getloadavg()], "nice": os.nice(0),
        },
        "versions": {
            "postgresql": output("psql", "--version"), "librdkafka": output("pkg-config", "--modversion", "rdkafka"),
            "libpq": output("pkg-config", "--modversion", "libpq"), "python": platform.python_version(),
            "swift": (output("swift", "--version") or "").splitlines()[:1],
        },
        "commit": output("git", "-C", root, "rev-parse", "HEAD"),
        "changed_files": len((output("git", "-C", root, "status", "--porcelain") or "").splitlines()),
        "programs": binaries,
    }
