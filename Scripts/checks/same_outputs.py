#!/usr/bin/env python3
"""Runs the same commands with two builds of `densenet` and compares what they leave, byte for byte but for times.

    Scripts/checks/same_outputs.py BEFORE AFTER                          # paths of two programs
    Scripts/checks/same_outputs.py BEFORE AFTER --isa avx2 --isa avx512  # instead of all that the machine has
    Scripts/checks/same_outputs.py BEFORE --self-check                   # must find no difference, then one everywhere

Needs nothing but Python. Exit status: 0 all the same, 1 a difference, 2 a command that failed.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import output_comparison
import output_commands
import sample_inputs

INSTRUCTION_SETS = ["generic", "avx2", "avx512", "avx512bf16"]


class CommandFailed(Exception):
    pass


class Side:
    """One program on one instruction set, with a folder of its own that its commands run in."""

    def __init__(self, program, isa, folder, seed=0):
        self.program, self.folder, self.seed = str(pathlib.Path(program).resolve()), folder, seed
        self.environment = dict(os.environ, DENSENET_ISA=isa, HOME=str(folder))
        self.environment.pop("DENSENET_DATA", None)
        sample_inputs.write_all(folder / "inputs")

    def run(self, command):
        """Runs a command, stopped and resumed where it says so."""
        words = [str(self.seed) if word == "SEED" else word for word in command.words]
        if command.signal:
            self.interrupt(words, command)
            words = ["train", "--resume", "--output", command.name, "--quiet"]
        printed = self.start(words)
        output, errors = printed.communicate()
        if printed.returncode != 0:
            self.fail(words, printed.returncode, errors)
        if command.printed:
            (self.folder / command.printed).write_bytes(output)

    def start(self, words):
        return subprocess.Popen(
            [self.program, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def interrupt(self, words, command):
        """Runs a training command, and stops it after a few checkpoints, before its end."""
        run = self.folder / command.name
        for _ in range(5):
            running = self.start(words)
            while running.poll() is None and not any(run.glob("checkpoints/step-*[3-9].safetensors")):
                time.sleep(0.001)
            running.send_signal(getattr(signal, command.signal))
            _, errors = running.communicate()
            if running.returncode in (-signal.SIGKILL, 130):
                return
            if running.returncode != 0:
                self.fail(words, running.returncode, errors)
            # On a busy machine it may have ended before it could be stopped.
            shutil.rmtree(run)
        self.fail(words, 0, b"it ended before it could be stopped, five times")

    def fail(self, words, status, errors):
        lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
        raise CommandFailed(f"{self.program} {' '.join(words)}\n    ended with {status}: {lines[-1]}")

    def names(self, patterns):
        """-> the files that patterns stand for here; a pattern without one stands for itself, which is missing"""
        names = []
        for pattern in patterns:
            found = [path.relative_to(self.folder).as_posix() for path in self.folder.glob(pattern)]
            names += sorted(found) or [pattern]
        return names


def compare(command, before, after):
    """-> (how many files were compared, what differs, remarks)"""
    names = sorted(set(before.names(command.files)) | set(after.names(command.files)))
    differences, remarks = [], []
    for name in names:
        found, remark = output_comparison.compare(name, before.folder, after.folder)
        differences += [f"{name}: {found}"] if found else []
        remarks += [remark] if remark else []
    for side in (before, after) if command.equals else ():
        name = "model.safetensors"
        whole, resumed = (side.folder / run / name for run in (command.equals, command.name))
        if whole.read_bytes() != resumed.read_bytes():
            differences.append(f"{side.program}: {command.name}/{name} is not that of {command.equals}")
    return len(names) + bool(command.equals), differences, remarks


def compare_programs(before, after, isa, keep, seeds=(0, 0), only=()):
    """Runs and compares all commands, and prints a row for each.

    -> (names of commands whose outputs differ, names of those that failed)
    """
    different, failed = [], []
    with tempfile.TemporaryDirectory(prefix="densenet-outputs-") as scratch:
        root = pathlib.Path(keep or scratch, isa)
        if root.exists():
            shutil.rmtree(root)
        sides = [
            Side(program, isa, root / part, seed)
            for program, part, seed in zip((before, after), ("before", "after"), seeds)
        ]
        began = time.monotonic()
        for command in output_commands.COMMANDS:
            if only and command.name not in only:
                continue
            try:
                for side in sides:
                    side.run(command)
                count, differences, remarks = compare(command, *sides)
            except CommandFailed as problem:
                failed.append(command.name)
                print(f"{command.name:<18} {isa:<11} {'':>5}  FAILED\n    {problem}", flush=True)
                continue
            result = "DIFFERENT" if differences else "; ".join(["same", *remarks])
            print(f"{command.name:<18} {isa:<11} {count:>5}  {result}", flush=True)
            for line in differences[:3]:
                print(f"    {line}", flush=True)
            if differences:
                different.append(command.name)
        print(f"{isa}: {time.monotonic() - began:.0f} s for both", flush=True)
    return different, failed


def available(program):
    """-> the instruction sets of this machine: at another one, the program refuses before it looks for weights"""
    sets = []
    for isa in INSTRUCTION_SETS:
        words = [program, "predict", "picture.png", "--weights", "no-such-file.safetensors"]
        status = subprocess.run(words, env=dict(os.environ, DENSENET_ISA=isa), capture_output=True).returncode
        sets += [isa] if status == 66 else []
    return sets


def main():
    names = [command.name for command in output_commands.COMMANDS]
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=f"commands: {' '.join(names)}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", help="the program before a change")
    parser.add_argument("after", nargs="?", help="the program after it")
    parser.add_argument("--isa", action="append", choices=INSTRUCTION_SETS, help="default: all of this machine")
    parser.add_argument("--keep", metavar="FOLDER", help="leave all outputs in FOLDER/ISA/before and …/after")
    parser.add_argument("--only", action="append", metavar="COMMAND", default=[], help="run just this, of those below")
    parser.add_argument(
        "--self-check", action="store_true", help="compare BEFORE with itself, then with itself at another seed"
    )
    options = parser.parse_args()
    if (options.after is None) != options.self_check:
        parser.error("expected either two programs, or one and --self-check")
    sets = options.isa or available(options.before)
    if not sets:
        parser.error(f"{options.before}: is no densenet program, or the machine has none of its instruction sets")
    print(f"{'command':<18} {'isa':<11} {'files':>5}  result")
    after = options.after or options.before
    problems, failures, unseen = 0, 0, []
    for isa in sets:
        different, failed = compare_programs(options.before, after, isa, options.keep, only=options.only)
        problems, failures = problems + len(different), failures + len(failed)
        if options.self_check:
            print("the same with another seed: every command that has one must be DIFFERENT")
            different, failed = compare_programs(options.before, after, isa, None, (0, 1), only=options.only)
            failures += len(failed)
            unseen += [
                f"{command.name} on {isa}"
                for command in output_commands.COMMANDS
                if command.seeded != (command.name in different) and (not options.only or command.name in options.only)
            ]
    if unseen:
        print(f"another seed was not told apart, or told apart where there is none: {', '.join(unseen)}")
    commands = len(options.only or output_commands.COMMANDS)
    print(f"{commands} commands on {', '.join(sets)}: {problems} differ, {failures} failed")
    sys.exit(2 if failures else 1 if problems or unseen else 0)


if __name__ == "__main__":
    main()
