"""Running the `densenet` program from the scripts, and counting what it gets wrong. Needs nothing but Python."""

import json
import os
import subprocess
import sys


class Program:
    """The `densenet` binary. A failure of it ends the script, with status 2."""

    def __init__(self, binary, isa=None, launcher=""):
        """- launcher: what starts `train`, such as `mpirun -n 2`"""
        self.binary = binary
        self.launcher = launcher.split()
        self.environment = dict(os.environ, DENSENET_ISA=isa) if isa else dict(os.environ)

    @staticmethod
    def add_options(arguments):
        arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
        arguments.add_argument("--isa", help="sets DENSENET_ISA: generic, avx2, avx512, avx512bf16")

    def run(self, *words):
        """-> what it printed on standard output"""
        launcher = self.launcher if words[0] == "train" else []
        command = [*launcher, self.binary, *map(str, words)]
        try:
            result = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        except OSError as error:
            self.fail(f"{self.binary}: {error.strerror}; build it with `swift build -c release`, or give --binary")
        if result.returncode != 0:
            self.fail(f"{' '.join(command)}\nended with {result.returncode}:\n{result.stderr[-2000:]}")
        return result.stdout

    def json(self, *words):
        return json.loads(self.run(*words, "--json"))

    @staticmethod
    def fail(message):
        print(message, file=sys.stderr)
        sys.exit(2)


class Checks:
    """Values against their limits, a line each."""

    def __init__(self):
        self.failures = 0

    def at_most(self, what, value, limit):
        good = value <= limit
        self.failures += not good
        print(f"  {'ok  ' if good else 'FAIL'}  {what:<58} {value:.2e}  (limit {limit:.0e})", flush=True)

    def finish(self):
        """Ends the script: status 0 within the limits, 1 outside them."""
        print("within the limits" if self.failures == 0 else f"{self.failures} checks outside their limits")
        sys.exit(1 if self.failures else 0)
