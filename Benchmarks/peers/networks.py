"""What the peers share: networks with random weights, what a check compares, what a process's measurement prints."""

import json
import os
import pathlib
import resource
import statistics
import sys
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WARM_UP = 2

sys.path.insert(0, str(REPOSITORY / "Scripts"))


def network(model, **changes):
    """In PyTorch, with random running statistics: the same in every process. -> its configuration, and itself"""
    from densenet_torch import configuration, random_network

    made = configuration(model, **changes)
    return made, random_network(made, seed=0)


def random_images(batch, channels, size):
    """[N, C, H, W], the same in every process."""
    import torch

    return torch.randn(batch, channels, size, size, generator=torch.Generator().manual_seed(1))


def write_check(folder, net, images):
    """Weights and images for the program that is checked."""
    from safetensors.torch import save_file

    save_file(net.state_dict(), os.path.join(folder, "weights.safetensors"))
    save_file({"input": images}, os.path.join(folder, "input.safetensors"))


def median_time(work, count):
    """Seconds of `work`, after a warm-up."""
    times = []
    for _ in range(WARM_UP + count):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times[WARM_UP:])


def report(**results):
    """One JSON line, with the process's peak resident set."""
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({**results, "peak_memory_bytes": peak}))


def add_options(parser, batch_size, size, repetitions):
    """The options that all peers share, with their defaults. `repetitions`: the option's name, and its default."""
    add = parser.add_argument
    add("--model", default="densenet121", help="as `densenet --model` takes it (default: %(default)s)")
    add("--precision", default="fp32", choices=["fp32", "bf16", "int8"], help="default: %(default)s")
    add("--batch-size", type=int, default=batch_size, help="default: %(default)s")
    add("--size", type=int, default=size, help="of the images (default: %(default)s)")
    add(f"--{repetitions[0]}", type=int, default=repetitions[1], help="timed ones (default: %(default)s)")
    add("--threads", type=int, default=2, help="default: %(default)s")
