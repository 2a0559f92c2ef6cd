"""Runs programs in turns. Each prints one JSON object, as `densenet bench train --json` does."""

import json
import subprocess


class Failure(Exception):
    """Something that ends the benchmark: what was wanted, what was found, what to do."""


def run(command):
    """What a command prints on standard output."""
    words = [str(word) for word in command]
    try:
        result = subprocess.run(words, capture_output=True, text=True)
    except OSError as error:
        raise Failure(f"{words[0]}: {error.strerror}") from error
    if result.returncode != 0:
        raise Failure(f"{' '.join(words)}\nended with {result.returncode}:\n{result.stderr.strip()[-2000:]}")
    return result.stdout


def run_json(command):
    """The JSON object that a command prints, whatever stands before it."""
    output = run(command)
    try:
        return json.loads(output[output.index("{") :])
    except ValueError as error:
        raise Failure(f"{' '.join(map(str, command))}\nprinted no JSON object: {output[-200:]!r}") from error


def turns(ours, peers, rounds):
    """The order of programs: the peers before and after each turn of ours, so that a drift of the machine shows.

    >>> turns(["us"], ["a", "b"], 2)
    ['a', 'b', 'us', 'a', 'b', 'us', 'a', 'b']
    """
    return [*peers, *ours] * rounds + [*peers]


def measure(case, rounds, progress):
    """Program's name -> its results, one for each of its turns, in order."""
    ours = [case.ours, *case.variants]
    commands = {program.name: program.command for program in [*ours, *case.peers]}
    results = {name: [] for name in commands}
    for name in turns([program.name for program in ours], [peer.name for peer in case.peers], rounds):
        results[name].append(run_json(commands[name]))
        progress(f"{case.name}: {name:<20} {results[name][-1][case.rate]:8.1f} {case.unit}")
    return results
