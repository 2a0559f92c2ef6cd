#!/usr/bin/env python3
"""Times training over links of a given rate, between network namespaces of this machine, beside what is predicted.

    sudo python3 Scripts/checks/mpi/network.py --rate 1gbit --model d2l --batch 256 --ranks 2

Needs: root, iproute2 (ip, tc), Open MPI's mpirun, and a program built with MPI.

Each rank is in a namespace of its own, on a virtual bridge; a token bucket limits what each sends and is sent. Ranks
talk by TCP alone. There is no delay beyond the kernel's own, so the latency is this machine's. `bench train` is run with
overlap of communication and computation and without it. The prediction is that of `Scripts/tables/scaling.py` from the
same ranks' speed without communication, and from the latency and bandwidth that the program itself measures.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))  # where the modules are that scripts share
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tables"))
import scaling

NET = "10.213.77"
BRIDGE = "dnbridge"


def run(*words, check=True):
    return subprocess.run([str(word) for word in words], check=check, capture_output=True, text=True)


def build(ranks, rate):
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "addr", "add", f"{NET}.254/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    for rank in range(ranks):
        inner, outer, space = f"dni{rank}", f"dno{rank}", f"dn{rank}"
        run("ip", "netns", "add", space)
        run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
        run("ip", "link", "set", outer, "master", BRIDGE, "up")
        run("ip", "link", "set", inner, "netns", space)
        run("ip", "netns", "exec", space, "ip", "addr", "add", f"{NET}.{rank + 1}/24", "dev", inner)
        for device in [inner, "lo"]:
            run("ip", "netns", "exec", space, "ip", "link", "set", device, "up")
        if rate != "none":
            bucket = ["root", "tbf", "rate", rate, "burst", "128kb", "latency", "100ms"]
            run("tc", "qdisc", "add", "dev", outer, *bucket)
            run("ip", "netns", "exec", space, "tc", "qdisc", "add", "dev", inner, *bucket)


def clear(ranks):
    for rank in range(ranks):
        run("ip", "link", "del", f"dno{rank}", check=False)
        run("ip", "netns", "del", f"dn{rank}", check=False)
    run("ip", "link", "del", BRIDGE, check=False)


def launcher(folder, ranks):
    agent = folder / "agent"
    agent.write_text(
        "#!/bin/sh\n# What ssh is to mpirun: the machine, then the command.\n"
        f'space=dn$((${{1#{NET}.}} - 1))\nshift\nexec ip netns exec "$space" unshare --uts '
        'sh -c "hostname $space; $*"\n')
    agent.chmod(0o755)
    hosts = ",".join(f"{NET}.{rank + 1}:1" for rank in range(ranks))
    return [
        "mpirun", "--allow-run-as-root", "--bind-to", "none", "--host", hosts, "-n", str(ranks),
        "--mca", "plm_rsh_agent", str(agent), "--mca", "pml", "ob1", "--mca", "btl", "tcp,self",
        "--mca", "btl_tcp_if_include", f"{NET}.0/24", "--mca", "oob_tcp_if_include", f"{NET}.0/24",
        "--mca", "mpi_yield_when_idle", "1", "--oversubscribe"]


def bench(arguments, words, overlap):
    environment = dict(os.environ, DENSENET_MPI_OVERLAP="yes" if overlap else "no")
    command = [
        *words, "-x", "DENSENET_MPI_OVERLAP", arguments.binary, "bench", "train", "--model", arguments.model,
        "--batch-size", arguments.batch, "--size", scaling.MODELS[arguments.model][1], "--threads", 1, "--steps",
        arguments.steps, "--batch-norm", arguments.batch_norm, "--profile", "--json"]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {result.returncode}:\n{result.stderr[-3000:]}")
    return json.loads(result.stdout)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--rate", default="1gbit", help="of each link, as tc has it; none: no limit")
    arguments.add_argument("--model", choices=scaling.MODELS, default="d2l")
    arguments.add_argument("--batch", type=int, default=256, help="images of all ranks (default: %(default)s)")
    arguments.add_argument("--batch-norm", choices=["sync", "local"], default="sync")
    arguments.add_argument("--ranks", type=int, nargs="+", default=[2])
    arguments.add_argument("--steps", type=int, default=8)
    arguments = arguments.parse_args()
    arguments.binary = str(pathlib.Path(arguments.binary).resolve())
    for ranks in arguments.ranks:
        clear(ranks)
        try:
            build(ranks, arguments.rate)
            with tempfile.TemporaryDirectory() as folder:
                words = launcher(pathlib.Path(folder), ranks)
                start = subprocess.run(
                    [*words, arguments.binary, "train", "--dataset", "fashion-mnist-sample", "--resize", "32",
                     "--max-steps", "1", "--test-limit", "8", "--threads", "1", "--output", f"{folder}/run"],
                    capture_output=True, text=True)
                found = re.search(r"latency (\d+) µs, bandwidth (\d+) MB/s", start.stderr)
                if not found:
                    sys.exit(f"no measurement of the link:\n{start.stderr[-3000:]}")
                print(f"{ranks} ranks, {arguments.rate}: {found[0]}")
                for overlap in [True, False]:
                    report(arguments, ranks, overlap, bench(arguments, words, overlap), found)
        finally:
            clear(ranks)


def report(arguments, ranks, overlap, found, link):
    seconds = arguments.batch / found["examples_per_second"]
    # One rank's times, without those of communication, which the profile has too.
    lines = [
        line for line in found["profile"]
        if not any(word in line["kernel"] for word in ("communication", "sum"))]
    times = scaling.times_of(lines)
    scale = found["scaling"] * seconds / scaling.step(times | scaling.shape(arguments.binary, arguments.model, times), 1, 0, 1)[0]
    # What the program measured are sums over all ranks already: the model's terms for one of few and of many bytes.
    latency, bandwidth = float(link[1]) * 1e-6, float(link[2]) * 1e6
    rounds = max(1, (ranks - 1).bit_length())
    predicted, exposed = scaling.step(
        times | scaling.shape(arguments.binary, arguments.model, times), ranks, latency / rounds,
        bandwidth * 2 * (ranks - 1) / ranks, scale=scale, overlap=overlap, sync=arguments.batch_norm == "sync")
    measured = seconds * (1 - found["scaling"])
    print(
        f"  {arguments.model}, batch {arguments.batch}, {'with' if overlap else 'without'} overlap: {seconds * 1e3:.1f} ms a step, "
        f"{measured * 1e3:.1f} ms of it communication ({100 * (1 - found['scaling']):.1f}%; waited {100 * found['communication_share']:.1f}%); "
        f"predicted {predicted * 1e3:.1f} ms, {exposed * 1e3:.1f} ms; error of the step {100 * (predicted / seconds - 1):+.1f}%",
        flush=True)


if __name__ == "__main__":
    main()
