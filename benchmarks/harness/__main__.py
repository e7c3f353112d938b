"""benchmarks/run.sh: reads the command line, brings up the services, runs, and writes the results."""
import argparse
import os
import signal
import sys

import machine
import modes
import report
from services import Services
from usage import Failure

ROOT = os.path.realpath(os.path.dirname(os.path.abspath(__file__)) + "/../..")
TEXTS = {
    "backlog": ("Drains a full topic.", "benchmarks/run.sh backlog --count 1000000 --rounds 5"),
    "live": ("Producer, broker, database and workers together, and the latency from published to visible in SQL. Without "
             "--rate: first as fast as it goes, then at half of that.",
             "benchmarks/run.sh live --rate 10000,20000 --seconds 60"),
    "scale": ("Drains one topic with more and more workers.", "benchmarks/run.sh scale --steps 1,2,4,8"),
    "growth": ("Drains slice after slice into one database, until so many mentions are stored; --count is a slice.",
               "benchmarks/run.sh growth --steps 1000000,5000000,20000000"),
    "brands": ("Few to many brands and authors.", "benchmarks/run.sh brands --steps 5x1000,50x1000000,5000x1000000"),
    "batch": ("Sizes of batches.", "benchmarks/run.sh batch --steps 500,2000,4000,16000"),
    "compare": ("The farm beside others, with the same topic: " + ", ".join(
        f"{name} ({text})" for name, text in modes.CONTESTANTS.items()) + ".",
        "benchmarks/run.sh compare --steps farm,raw,python-vader --rounds 3"),
}
STEPS = {"scale": "1,2,4,8", "growth": "1000000,5000000,20000000", "brands": "5x1000,50x1000000,500x1000000,5000x1000000",
         "batch": "250,1000,4000,16000", "compare": ",".join(modes.CONTESTANTS)}
QUICK = {"scale": "1,2", "growth": "0,20000", "brands": "5x1000,500x100000", "batch": "1000,4000",
         "compare": STEPS["compare"]}


def natural(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def arguments():
    parser = argparse.ArgumentParser(prog="benchmarks/run.sh")
    subcommands = parser.add_subparsers(dest="mode", required=True)
    cores = os.cpu_count()
    for mode, (text, example) in TEXTS.items():
        sub = subcommands.add_parser(mode, description=text, epilog="Example: " + example,
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
        quick = "--quick" in sys.argv
        sub.add_argument("--count", type=natural, default=20000 if quick else 500000, help="records of a topic or a slice")
        sub.add_argument("--workers", type=natural, default=2, help="workers of the farm")
        sub.add_argument("--seed", type=int, default=1, help="all records follow from it")
        sub.add_argument("--rounds", type=natural, default=1 if quick else 3, help="rounds of each; the median counts")
        sub.add_argument("--partitions", type=natural, default=64, help="partitions of a topic")
        sub.add_argument("--brands", type=natural, default=50, help="brands that the records speak of")
        sub.add_argument("--authors", type=natural, default=1000000, help="authors of the records")
        sub.add_argument("--synchronous-commit", choices=["on", "off"], default="on", help="for the farm and for rivals")
        sub.add_argument("--no-relate", dest="relate", action="store_false", default=True,
                         help="leave out what the background step does after a drain")
        sub.add_argument("--worker-option", action="append", default=[], metavar="OPTION",
                         help="for mention-worker, such as --worker-option=--held-records=48000; repeatable")
        sub.add_argument("--quick", action="store_true", help="small and once: does everything work?")
        if mode in STEPS:
            sub.add_argument("--steps", default=(QUICK if quick else STEPS)[mode], help="what is compared, by commas")
        if mode == "live":
            sub.add_argument("--rate", default="5000" if quick else "full,half",
                             help="records a second, by commas; full: as fast as it goes, half: half of what that gave")
            sub.add_argument("--seconds", type=natural, default=5 if quick else 30, help="of each run at a rate")
            sub.add_argument("--probes", type=float, default=200, help="records a second whose latency is taken")
            sub.add_argument("--look-ms", type=float, default=5, help="how often the probe looks")
        if mode == "compare":
            sub.add_argument("--raw-processes", type=natural, default=cores, help="processes of raw")
            sub.add_argument("--raw-batch", type=natural, default=20000, help="rows of a COPY of raw")
            sub.add_argument("--python-processes", type=natural, default=cores, help="processes of the Python rivals")
            sub.add_argument("--python-batch", type=natural, default=5000, help="rows of a transaction of theirs")
    options = parser.parse_args()
    options.synchronous = options.synchronous_commit == "on"
    options.root, options.bin = ROOT, os.environ["MENTION_FARM_BIN"]
    if options.mode in STEPS:
        options.steps = steps(parser, options)
    if options.mode == "live":
        try:
            options.rate = [{"full": 0, "half": None}[one] if one in ("full", "half") else natural(one)
                            for one in options.rate.split(",")]
        except (ValueError, argparse.ArgumentTypeError):
            parser.error("--rate: give numbers, full or half, by commas")
        if None in options.rate and options.rate[0] != 0:
            parser.error("--rate: half comes after full")
    return options


def steps(parser, options):
    given = options.steps.split(",")
    if options.mode == "compare":
        unknown = [one for one in given if one not in modes.CONTESTANTS]
        if unknown:
            parser.error(f"--steps: {unknown[0]} is none of {', '.join(modes.CONTESTANTS)}")
        return given
    try:
        if options.mode == "brands":
            for one in given:
                number, authors = one.split("x")
                int(number), int(authors)
            return given
        return [int(one) for one in given]
    except ValueError:
        parser.error(f"--steps: {options.steps} is not what {options.mode} takes, see --help")


def topics(options):
    """Each live run has a topic of its own, and each shape of records."""
    given = os.environ.get("MENTIONS_TOPIC")
    wanted = {"live": lambda: options.rounds * len(options.rate), "brands": lambda: len(options.steps)}
    count = wanted.get(options.mode, lambda: 1)()
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        names = (given or "mentions").split(",")
        if len(names) < count:
            raise Failure(f"name {count} empty topics in MENTIONS_TOPIC, by commas: this run needs one each", 64)
        return names
    return ["mentions"] if count == 1 else [f"mentions-{number}" for number in range(count)]


def main():
    options = arguments()
    # Asked to end, it ends what it has started: as for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        options.topics = topics(options)
        facts = machine.facts(ROOT, options.bin)
        with Services(options.bin, options.topics, options.partitions) as services:
            facts["versions"]["server"] = services.server_version
            if services.given:
                modes.say("services that were given: what runs elsewhere has no processor time here")
            points, plots = modes.MODES[options.mode](services, options)
        settings = {key: value for key, value in vars(options).items() if key not in ("root", "bin")}
        path = report.write(ROOT, options.mode, {
            "mode": options.mode, "settings": settings, **facts,
            "load_average_at_end": [round(load, 2) for load in os.getloadavg()], "points": points})
        for name, text in plots.items():
            with open(f"{path}-{name}.svg", "w") as file:
                file.write(text)
        modes.say(f"written: {path}.json" + "".join(f", {path}-{name}.svg" for name in plots))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return 130
    return 0


sys.exit(main())
