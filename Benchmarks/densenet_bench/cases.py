"""What is measured. A new case is a function here that returns a `Case`, and a line in `all_cases`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable

from . import check
from .measure import Failure

PEERS = Path(__file__).resolve().parent.parent / "peers"
TORCH_MODES = ("eager", "channels_last", "compile")


@dataclass(frozen=True)
class Program:
    """A command that prints one JSON object with the case's rate and `peak_memory_bytes`."""

    name: str
    command: list


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    rate: str  # the results' field that is compared, of which more is better
    unit: str
    ours: Program  # prints `gflops_per_second` and `peak_gflops_per_second` too
    peers: list
    settings: dict = field(default_factory=dict)
    checks: Callable[[list], Iterable[dict]] = lambda peers: []  # peers -> records of `check.compare`


def training(model, precision, binary, python, options):
    """Full training steps (forward, loss, backward, update) on a fixed random batch."""
    settings = {"model": model, "size": options.size, "precision": precision, "threads": options.threads}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    timed = ["--batch-size", options.batch_size, "--steps", options.steps]
    extra = ["--convolution", options.convolution] if options.convolution else []
    torch = [python, PEERS / "torch_training.py", *words, *timed]
    return Case(
        name=f"train-{model}-{precision}",
        title=f"training of {model}, batch {options.batch_size}, {options.size}×{options.size}, {precision}",
        rate="examples_per_second",
        unit="examples/s",
        ours=Program("densenet", [binary, "bench", "train", *words, *timed, *extra, "--json"]),
        peers=[Program(f"torch-{mode}", [*torch, "--mode", mode]) for mode in TORCH_MODES],
        settings={**settings, "batch_size": options.batch_size, "steps": options.steps},
        checks=lambda peers: check.training_losses(
            binary, peers, options.batch_size, options.size, precision, options.threads, extra
        ),
    )


def all_cases(binary, python, options):
    return [training("d2l", precision, binary, python, options) for precision in ("fp32", "bf16")]


def choose(what, known, wanted):
    """The names of `known` that are wanted, in its order; all of them where `wanted` is None."""
    unknown = [name for name in wanted or [] if name not in known]
    if unknown:
        raise Failure(f"--{what} {unknown[0]}: not known; the names are {', '.join(known)}")
    return [name for name in known if wanted is None or name in wanted]
