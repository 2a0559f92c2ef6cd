#!/usr/bin/env python3
"""Checks `densenet convert` against PyTorch and safetensors: equal bits every way, files that load strictly.

    python -m pip install torch numpy safetensors
    python Scripts/checks/check_checkpoints.py --densenet .build/release/densenet
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from chapter_torch import chapter_densenet


def same(left, right):
    """Whether two state dicts have the same names, shapes, types and bits."""
    return left.keys() == right.keys() and all(
        a.dtype == b.dtype and a.shape == b.shape and a.numpy().tobytes() == b.numpy().tobytes()
        for a, b in ((left[name], right[name]) for name in left)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--densenet", default=".build/release/densenet")
    program = parser.parse_args().densenet

    def convert(source, target, *options):
        command = [program, "convert", source, target, "--json", *options]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    torch.manual_seed(0)
    net = chapter_densenet()
    net.train()
    with torch.no_grad():
        net(torch.randn(4, 1, 96, 96))
        net[0][0].weight.view(-1)[:3] = torch.tensor([0x7FC12345, -1, 1], dtype=torch.int32).view(torch.float32)
    state = net.state_dict()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        torch.save(state, folder / "zip.pth")
        torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
        wrapped = {"module." + key: value for key, value in state.items()}
        torch.save({"state_dict": wrapped, "epoch": 1}, folder / "nested.pt")
        save_file(state, folder / "reference.safetensors", metadata={"class_names": '["a","b"]'})

        for source in ("zip.pth", "legacy.pth", "nested.pt", "reference.safetensors"):
            for target in ("ours.safetensors", "ours.pth"):
                report = convert(folder / source, folder / target, "--model", "d2l")
                assert report["tensors"] == len(state) and report["model"] == "d2l", report
                if target.endswith("pth"):
                    loaded = torch.load(folder / target, weights_only=True)
                    mapped = torch.load(folder / target, weights_only=True, mmap=True)
                    assert same(dict(mapped), state), f"{source}: {target} differs when mapped"
                    assert type(loaded).__name__ == "OrderedDict" and loaded._metadata[""]["version"] == 1
                    print(f"{source} -> {target}: metadata {loaded._metadata[''].get('densenet', '')[:60]}…")
                else:
                    loaded = load_file(folder / target)
                assert same(dict(loaded), state), f"{source}: {target} differs"
                fresh = chapter_densenet()
                fresh.load_state_dict(loaded, strict=True)
                assert same(fresh.state_dict(), state), f"{source}: {target} loads as something else"
                back = folder / ("back.pth" if target.endswith("safetensors") else "back.safetensors")
                again = folder / ("again" + target[4:])
                convert(folder / target, back)
                convert(back, again)
                first, second = (folder / target).read_bytes(), again.read_bytes()
                # A .pth keeps the order of its tensors, which a safetensors file does not.
                assert target.endswith("pth") or first == second, f"{source}: {target} changes by a round trip"

        with zipfile.ZipFile(folder / "ours.pth") as archive:
            assert archive.testzip() is None
            for entry in archive.infolist():
                with open(folder / "ours.pth", "rb") as file:
                    file.seek(entry.header_offset + 26)
                    name_size, extra_size = (int.from_bytes(file.read(2), "little") for _ in range(2))
                begin = entry.header_offset + 30 + name_size + extra_size
                assert begin % 64 == 0 and entry.compress_type == zipfile.ZIP_STORED, entry
                assert entry.date_time == (1980, 1, 1, 0, 0, 0), entry
    print("every conversion is exact")


if __name__ == "__main__":
    main()
