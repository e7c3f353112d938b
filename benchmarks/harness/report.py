"""A table for people, JSON for programs."""
import json
import os
import statistics
import time


def median(rounds):
    """The median of each figure of several rounds, taken figure by figure."""
    first = rounds[0]
    result = {}
    for key, value in first.items():
        values = [one.get(key) for one in rounds]
        if isinstance(value, dict):
            result[key] = median([one for one in values if isinstance(one, dict)])
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            numbers = [one for one in values if isinstance(one, (int, float))]
            middle = statistics.median(numbers)
            result[key] = round(middle) if isinstance(value, int) else round(middle, 2)
        else:
            result[key] = value
    return result


def cell(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def table(rows, columns):
    """Rows of cells under their titles; the first column to the left, the others to the right."""
    lines = [columns] + [[cell(value) for value in row] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    for line in lines:
        print("  ".join(text.ljust(width) if column == 0 else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))))


FARM_COLUMNS = ["", "records/s", "with start", "worker µs", "postgres µs", "broker µs", "sum µs", "behind µs", "worker MB",
                "postgres MB", "WAL B", "stored B", "others %"]


def farm_row(name, one):
    cpu = one.get("cpu_us", {})
    behind = one.get("behind") or {}
    return [name, one.get("per_second"), one.get("per_second_with_start"), cpu.get("worker"), cpu.get("postgres"),
            cpu.get("broker"), one.get("cpu_us_total"), behind.get("cpu_us_total"), one.get("worker_mb"),
            one.get("server_mb"), one.get("wal_bytes", 0) + behind.get("wal_bytes", 0),
            one.get("stored_bytes", 0) + behind.get("stored_bytes", 0), one.get("others_percent")]


def farm_table(points):
    print("\nProcessor time in µs a record. behind: what the background step did afterwards. others: share of the machine that"
          "\nother programs took.")
    table([farm_row(point["name"], point["median"]) for point in points], FARM_COLUMNS)


def results_folder(root):
    folder = f"{root}/benchmarks/results"
    os.makedirs(folder, exist_ok=True)
    return folder


def write(root, mode, document):
    """Writes the run to a file of its own; returns the path without its ending, for the plots beside it."""
    path = f"{results_folder(root)}/{time.strftime('%Y%m%dT%H%M%S')}-{mode}"
    with open(path + ".json", "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    return path
