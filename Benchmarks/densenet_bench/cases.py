"""What is measured. A new case is a function here that returns a `Case`, and a line in `all_cases`."""

from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Callable, Iterable

from . import check
from .measure import Failure

PEERS = Path(__file__).resolve().parent.parent / "peers"
PRECISIONS = ("fp32", "bf16")
TORCH_TRAINING = ("eager", "channels_last", "compile")
TORCH_INFERENCE = ("channels_last", "compile", "freezing")
# What executes bf16: ONNX Runtime's CPU provider has no convolution in it.
RUNTIMES = {"fp32": ("onnxruntime", "openvino"), "bf16": ("openvino",), "int8": ("openvino",)}
# model: the batch, that of --quick, and the images' side
TRAINING = {"d2l": (256, 32, 96), "densenet121": (32, 4, 224)}
INFERENCE_SIZE, INFERENCE_BATCHES = 224, (1, 16)


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
    variants: list = field(default_factory=list)  # further programs of ours, which take part in ours' turns


def words(settings):
    """{"batch_size": 1} -> ["--batch-size", 1]"""
    return [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", value)]


def training(model, precision, binary, python, options):
    """Full training steps (forward, loss, backward, update) on a fixed random batch."""
    batch, quick, size = TRAINING[model]
    batch, size = options.batch_size or (quick if options.quick else batch), options.size or size
    settings = {"model": model, "size": size, "precision": precision, "threads": options.threads}
    timed = {**settings, "batch_size": batch, "steps": options.steps}
    extra = ["--convolution", options.convolution] if options.convolution else []
    ours = [binary, "bench", "train", *words(timed), *extra, "--json"]
    torch = [python, PEERS / "torch_training.py", *words(timed)]
    # The chapter's network has no bottlenecks: there is next to nothing to compute again.
    variants = [] if model == "d2l" else [Program("densenet-recomputing", [*ours, "--memory-efficient"])]
    return Case(
        name=f"train-{model}-{precision}",
        title=f"training of {model}, batch {batch}, {size}×{size}, {precision}",
        rate="examples_per_second",
        unit="examples/s",
        ours=Program("densenet", ours),
        peers=[Program(f"torch-{mode}", [*torch, "--mode", mode]) for mode in TORCH_TRAINING],
        settings=timed,
        checks=lambda peers: check.training_losses(binary, peers, model, batch, size, precision, options.threads, extra),
        variants=variants,
    )


def inference(model, precision, batch, binary, python, options):
    """Passes in inference mode over a fixed random batch."""
    size = options.size or INFERENCE_SIZE
    settings = {"model": model, "size": size, "precision": precision, "threads": options.threads}
    timed = {**settings, "batch_size": batch, "repetitions": options.repetitions}
    extra = ["--convolution", options.convolution] if options.convolution else []
    peers = []
    if precision != "int8":
        for mode in TORCH_INFERENCE:
            command = [python, PEERS / "torch_inference.py", *words(timed), "--mode", mode]
            peers.append(Program(f"torch-{mode}", command))
        peers.append(Program("ncnn", [python, PEERS / "ncnn_inference.py", *words(timed)]))
    for runtime in RUNTIMES[precision]:
        command = [python, PEERS / "onnx_inference.py", *words(timed), "--runtime", runtime]
        peers.append(Program(runtime, command))
    return Case(
        name=f"predict-{model}-{precision}-batch{batch}",
        title=f"inference of {model}, batch {batch}, {size}×{size}, {precision}",
        rate="images_per_second",
        unit="images/s",
        ours=Program("densenet", [binary, "bench", "predict", *words(timed), *extra, "--json"]),
        peers=peers,
        settings=timed,
        # Each rounds in its own way: Scripts/checks/quantization.py compares what that costs.
        checks=lambda peers: []
        if precision == "int8"
        else check.logits(binary, peers, model, precision, options.threads, extra),
    )


def all_cases(binary, python, options):
    trained = [training(model, precision, binary, python, options) for model in TRAINING for precision in PRECISIONS]
    batches = [options.batch_size] if options.batch_size else INFERENCE_BATCHES
    return trained + [
        inference("densenet121", precision, batch, binary, python, options)
        for precision in (*PRECISIONS, "int8")
        for batch in batches
    ]


def choose(what, known, wanted):
    """The names of `known` that match a wanted pattern, in its order; all of them where `wanted` is None."""
    for pattern in wanted or []:
        if not any(fnmatch(name, pattern) for name in known):
            raise Failure(f"--{what} {pattern}: not known; the names are {', '.join(known)}")
    return [name for name in known if wanted is None or any(fnmatch(name, pattern) for pattern in wanted)]
