"""The command line: prepares, checks, measures, reports."""

import argparse
import json
import os
import sys
from dataclasses import replace

from . import environment
from .cases import all_cases, choose
from .measure import Failure, measure
from .report import summarize, table

FULL = {"rounds": 3, "steps": 4, "repetitions": 15, "peers": None}
QUICK = {"rounds": 1, "steps": 2, "repetitions": 3, "peers": ["torch-channels_last"]}
BUSY = 0.5  # a load average above this disturbs a measurement


def parse(words=None):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run",
        description="Measures the densenet program against other programs, in turns on this machine: first that they "
        "compute the same, then speed, memory and the share of the machine's peak.",
        epilog="Exit status: 0 done; 1 ours and a peer differ; 2 anything else, in one message.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="one round of small batches against one peer; installs nothing")
    add("--cases", nargs="+", metavar="CASE", help="what to measure, such as train-d2l-fp32 or 'predict-*' (default: all)")
    add("--list", action="store_true", help="print the names of the cases, each with its peers, and do nothing")
    add("--peers", nargs="*", metavar="PEER", help="such as torch-compile; none: densenet alone (default: all)")
    add("--rounds", type=int, help="turns of densenet; the peers have one more (default: 3)")
    add("--batch-size", type=int, help="images of a batch (default: the case's)")
    add("--steps", type=int, help="timed steps of a turn of training (default: 4)")
    add("--repetitions", type=int, help="timed passes of a turn of inference (default: 15)")
    add("--size", type=int, help="height and width of the images, in pixels (default: the case's)")
    add("--threads", type=int, default=min(2, os.cpu_count() or 1), help="of every program (default: %(default)s)")
    add("--convolution", metavar="NAME", help="passed to densenet (default: its own)")
    add("--binary", help="the densenet program (default: built from this repository)")
    add("--python", help="a Python that has the peers (default: Benchmarks/.venv, made where it is missing)")
    add("--output", default=environment.BENCHMARKS / "results.json", help="the JSON file (default: %(default)s)")
    options = parser.parse_args(words)
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    for name in ("rounds", "batch_size", "steps", "repetitions", "size", "threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} {value}: must be 1 or more")
    return options


def progress(text):
    print(text, file=sys.stderr, flush=True)


def checked(case):
    """The records of a case's checks, each shown as it comes."""
    records = []
    for record in case.checks(case.peers):
        records.append(record)
        progress(
            f"{case.name}: {record['what']}, against {record['peer']}: {record['error']:.1e} apart, "
            f"{'within' if record['passed'] else 'BEYOND'} {record['tolerance']:g}"
        )
    return records


def chosen(options, binary, python):
    """The cases that are wanted, each with the peers that are wanted."""
    cases = {case.name: case for case in all_cases(binary, python, options)}
    names = list(dict.fromkeys(peer.name for case in cases.values() for peer in case.peers))
    peers = choose("peers", names, options.peers)
    picked = [cases[name] for name in choose("cases", list(cases), options.cases)]
    return [replace(case, peers=[peer for peer in case.peers if peer.name in peers]) for case in picked]


def benchmark(options):
    cases = chosen(options, None, None)  # a wrong name fails before a long preparation
    if options.list:
        for case in cases:
            print(f"{case.name:<32} {' '.join(peer.name for peer in case.peers)}")
        return 0
    machine, versions, python = environment.machine(), {}, None
    if options.peers != []:
        python = environment.peers_python(options.python, install=not options.quick)
        versions = environment.peers_versions(python)
    binary = os.path.abspath(options.binary or environment.build())
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    progress(f"{machine['processor']}, {options.threads} threads; {used or 'no peers'}")
    note = ""
    if machine["load_average"] > BUSY:
        note = f"Not to be relied on: the machine was busy (load average {machine['load_average']:.1f} at the start)."
        progress(note)

    cases = chosen(options, binary, python)
    checks = {case.name: checked(case) for case in cases}
    if not all(record["passed"] for records in checks.values() for record in records):
        progress("ours and a peer differ, so nothing was measured")
        return 1
    entries = []
    for case in cases:
        variants = [program.name for program in case.variants]
        summary = summarize(case.rate, case.ours.name, measure(case, options.rounds, progress), variants)
        title = f"\n{case.title}, {options.threads} threads on {machine['processor']}"
        print(table(title, case.rate, case.unit, case.ours.name, summary), flush=True)
        entries.append({"name": case.name, "settings": case.settings, "checks": checks[case.name], **summary})
    if note:
        print(f"\n{note}")
    with open(options.output, "w") as file:
        results = {"machine": machine, "versions": versions, "rounds": options.rounds, "cases": entries}
        json.dump(results, file, indent=1)
        file.write("\n")
    progress(f"written: {options.output}")
    return 0


def main():
    try:
        return benchmark(parse())
    except (Failure, OSError) as error:
        progress(f"Benchmarks/run: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
