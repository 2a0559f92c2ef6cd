#!/usr/bin/env python3
"""Holds `densenet serve` to what the protocol's own clients expect: tritonclient's and KServe's, over HTTP and gRPC.

    python Scripts/checks/serve_clients.py --binary .build/release/densenet
    python Scripts/checks/serve_clients.py --weights flowers.safetensors

Needs: pip install 'tritonclient[http,grpc]' kserve numpy pillow safetensors

Starts the server on free ports, with weights that a few training steps on the sample inside the program make where none
are given. Logits must equal those of `densenet predict` to 1e-6, and the metadata, configuration, statistics and
repository calls must work.

Exit status: 0 within the limits, 1 outside them, 2 when the program fails.
"""

import argparse
import asyncio
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import numpy as np
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from PIL import Image
from safetensors.numpy import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks, Program

LIMIT = 1e-6


class Server:
    """`densenet serve` on free ports, for the time of a `with`."""

    def __init__(self, program, weights):
        self.command = [program.binary, "serve", "--model", f"net={weights}", "--port", "0", "--grpc-port", "0", "--drain", "0"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        match = re.search(r"serving net on http://(127\.0\.0\.1:\d+) \(gRPC (\d+)\)", line)
        if not match:
            Program.fail(f"expected the line of a server that is ready, found: {line}")
        self.address = match[1]
        self.url = f"http://{self.address}"
        self.grpc = f"127.0.0.1:{match[2]}"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.status = self.process.wait(timeout=60)


def trained(program, folder):
    """-> weights after a few steps, of a network whose logits are no constants"""
    run = folder / "run"
    program.run("train", "--dataset", "fashion-mnist-sample", "--resize", 32, "--batch-size", 32, "--max-steps", 12,
                "--train-limit", 400, "--test-limit", 32, "--output", run)
    return run / "model.safetensors"


def pictures(folder, channels):
    """-> files of several kinds and sizes"""
    generator = np.random.default_rng(1)
    paths = []
    for name, (height, width) in {"a.png": (40, 60), "b.jpg": (200, 150), "c.webp": (33, 90), "d.bmp": (64, 64)}.items():
        pixels = generator.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
        image = Image.fromarray(pixels).resize((width, height), Image.BICUBIC)
        path = folder / name
        (image.convert("L") if channels == 1 else image).save(path)
        paths.append(path)
    return paths


def predicted_logits(program, weights, x, folder):
    save_file({"input": x}, folder / "input.safetensors")
    program.run("predict", "--weights", weights, "--input-tensors", folder / "input.safetensors",
                "--output-tensors", folder / "logits.safetensors")
    return load_file(folder / "logits.safetensors")["logits"]


def predicted_probabilities(program, weights, paths, classes):
    output = json.loads(program.run("predict", "--weights", weights, "--format", "json", "--top", classes, *paths))
    rows = []
    for prediction in output["predictions"]:
        row = np.zeros(classes)
        for item in prediction["top"]:
            row[item["index"]] = item["probability"]
        rows.append(row)
    return np.array(rows)


def softmax(logits):
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def difference(a, b):
    return float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max())


def check_triton(checks, server, x, expected, paths, probabilities, labels):
    client = triton.InferenceServerClient(server.address)
    holds = lambda what, value: checks.at_most(what, 0 if value else 1, 0)
    holds("triton: live and ready", client.is_server_live() and client.is_server_ready() and client.is_model_ready("net"))
    metadata = client.get_model_metadata("net")
    holds("triton: metadata", metadata["inputs"][0]["name"] == "input" and metadata["outputs"][0]["shape"][1] == expected.shape[1])
    configuration = client.get_model_config("net")
    holds("triton: configuration", configuration["max_batch_size"] > 0 and configuration["input"][0]["dims"] == list(x.shape[1:]))
    holds("triton: server metadata", "binary_tensor_data" in client.get_server_metadata()["extensions"])

    def infer(data, datatype, **options):
        tensor = triton.InferInput("input", list(data.shape), datatype)
        tensor.set_data_from_numpy(data, binary_data=options.pop("binary_in", True))
        outputs = options.pop("outputs", None)
        return client.infer("net", [tensor], outputs=outputs, request_id="7", **options)

    text = [triton.InferRequestedOutput("logits", binary_data=False)]
    for what, options in {
        "binary both ways": {},
        "JSON both ways": {"binary_in": False, "outputs": text},
        "gzip both ways": {"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"},
        "deflate both ways": {"request_compression_algorithm": "deflate", "response_compression_algorithm": "deflate"},
    }.items():
        result = infer(x, "FP32", **options)
        checks.at_most(f"triton: logits of FP32, {what}", difference(result.as_numpy("logits"), expected), LIMIT)
        holds(f"triton: id and model of FP32, {what}", result.get_response()["id"] == "7" and result.get_response()["model_name"] == "net")
    files = np.array([path.read_bytes() for path in paths], dtype=np.object_)
    result = infer(files, "BYTES").as_numpy("logits")
    checks.at_most("triton: probabilities of picture files", difference(softmax(result), probabilities), LIMIT)
    top = infer(x[:1], "FP32", outputs=[triton.InferRequestedOutput("logits", class_count=3)]).as_numpy("logits")
    best = np.argsort(-expected[0], kind="stable")[:3]
    found = [item.decode().split(":", 2) for item in np.ravel(top)]
    holds("triton: classification", [(int(i), label) for _, i, label in found] == [(int(i), labels[i]) for i in best])
    raw = urllib.request.Request(f"{server.url}/v2/models/net/infer", data=x[:2].tobytes(), headers={"Inference-Header-Content-Length": "0"})
    with urllib.request.urlopen(raw) as answer:
        length = int(answer.headers["Inference-Header-Content-Length"])
        logits = np.frombuffer(answer.read()[length:], np.float32).reshape(2, -1)
    checks.at_most("a body that is one raw tensor", difference(logits, expected[:2]), LIMIT)

    statistics = client.get_inference_statistics("net")["model_stats"][0]
    kinds = {"success", "fail", "queue", "compute_input", "compute_infer", "compute_output", "cache_hit", "cache_miss"}
    holds("triton: statistics", set(statistics["inference_stats"]) == kinds and statistics["inference_stats"]["success"]["count"] == 7
          and isinstance(statistics["version"], str))
    client.unload_model("net")
    states = {model["name"]: model["state"] for model in client.get_model_repository_index()}
    holds("triton: unload", states == {"net": "UNAVAILABLE"} and not client.is_model_ready("net"))
    client.load_model("net")
    holds("triton: load", client.is_model_ready("net"))
    checks.at_most("triton: logits after a load", difference(infer(x, "FP32").as_numpy("logits"), expected), LIMIT)
    try:
        client.get_model_metadata("none")
        holds("triton: error of an unknown model", False)
    except triton.InferenceServerException as error:
        holds("triton: error of an unknown model", error.status() == "404" and "none" in error.message())


async def check_kserve(checks, server, x, expected):
    holds = lambda what, value: checks.at_most(what, 0 if value else 1, 0)
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        holds("kserve: live and ready", await client.is_server_live(server.url) and await client.is_server_ready(server.url)
              and await client.is_model_ready(server.url, "net"))
        for binary in [False, True]:
            tensor = InferInput("input", list(x.shape), "FP32")
            tensor.set_data_from_numpy(x, binary_data=binary)
            response = await client.infer(server.url, InferRequest("net", [tensor], request_id="8"), model_name="net")
            checks.at_most(f"kserve: logits, {'bytes' if binary else 'JSON'}", difference(response.outputs[0].as_numpy(), expected), LIMIT)
            holds(f"kserve: id, {'bytes' if binary else 'JSON'}", response.id == "8" and response.model_name == "net")
        try:
            await client.infer(server.url, {"inputs": []}, model_name="none")
            holds("kserve: error of an unknown model", False)
        except Exception as error:
            holds("kserve: error of an unknown model", "none" in str(error) and "404" in str(error))


def check_predict(checks, server, paths, probabilities, labels):
    for path, expected in zip(paths, probabilities):
        request = urllib.request.Request(f"{server.url}/predict?top={len(labels)}&cam=1", data=path.read_bytes())
        with urllib.request.urlopen(request) as answer:
            result = json.load(answer)
        row = np.zeros(len(labels))
        for item in result["predictions"]:
            row[item["index"]] = item["probability"]
        checks.at_most(f"/predict: {path.name}", difference(row, expected), LIMIT)
    metrics = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
    checks.at_most("/metrics counts them", 0 if 'route="/predict",method="POST",status="200"} 4' in metrics else 1, 0)


def check_grpc(checks, server, x, expected, paths, probabilities, labels, folder):
    case = folder / "case.npz"
    names = json.dumps({"paths": [str(path) for path in paths], "labels": labels})
    np.savez(case, x=x, expected=expected, probabilities=probabilities, names=np.array(names))
    script = pathlib.Path(__file__).with_name("serve_grpc_clients.py")
    for client in ["triton", "kserve"]:
        status = subprocess.run([sys.executable, script, client, server.grpc, case]).returncode
        checks.at_most(f"{client}, gRPC: exit status of its checks", status, 0)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    Program.add_options(arguments)
    arguments.add_argument("--weights", help="of the model to serve (default: those of a few steps on the sample)")
    options = arguments.parse_args()
    program, checks = Program(options.binary, options.isa), Checks()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        weights = options.weights or trained(program, folder)
        with Server(program, weights) as server:
            metadata = json.load(urllib.request.urlopen(f"{server.url}/v2/models/net"))
            shape, labels = metadata["inputs"][0]["shape"][1:], metadata["parameters"]["classes"]
            x = np.random.default_rng(0).standard_normal([3, *shape]).astype(np.float32)
            expected = predicted_logits(program, weights, x, folder)
            paths = pictures(folder, shape[0])
            probabilities = predicted_probabilities(program, weights, paths, len(labels))
            check_triton(checks, server, x, expected, paths, probabilities, labels)
            asyncio.run(check_kserve(checks, server, x, expected))
            check_predict(checks, server, paths, probabilities, labels)
            check_grpc(checks, server, x, expected, paths, probabilities, labels, folder)
        checks.at_most("exit status after SIGTERM", server.status, 0)
    checks.finish()


if __name__ == "__main__":
    main()
