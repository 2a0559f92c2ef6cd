#!/usr/bin/env python3
"""The part of serve_clients.py that asks over gRPC, by one client in a process of its own: the clients of Triton and KServe
register the same protocol twice, which no process survives.

    python Scripts/checks/serve_grpc_clients.py triton 127.0.0.1:8081 CASE.npz

CASE.npz holds what to send and what must come back; serve_clients.py makes it.

Exit status: 0 within the limits, 1 outside them.
"""

import asyncio
import json
import pathlib
import queue
import sys

import grpc
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks

LIMIT = 1e-6
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def difference(a, b):
    return float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max())


def softmax(logits):
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


class Case:
    """What to send and what must come back."""

    def __init__(self, path):
        file = np.load(path, allow_pickle=False)
        self.x, self.expected, self.probabilities = file["x"], file["expected"], file["probabilities"]
        names = json.loads(str(file["names"]))
        self.labels = names["labels"]
        self.files = np.array([pathlib.Path(path).read_bytes() for path in names["paths"]], dtype=np.object_)


def health(address, service):
    """-> the serving status by gRPC's own protocol: 1 is serving, 2 is not"""
    name = service.encode()
    with grpc.insecure_channel(address) as channel:
        answer = channel.unary_unary("/grpc.health.v1.Health/Check")(bytes([10, len(name)]) + name, timeout=10)
    return answer[1] if len(answer) == 2 and answer[0] == 8 else 0


def check_triton(checks, address, case):
    import tritonclient.grpc as triton
    from tritonclient.utils import InferenceServerException

    client = triton.InferenceServerClient(address)
    holds = lambda what, value: checks.at_most(f"triton, gRPC: {what}", 0 if value else 1, 0)
    holds("live and ready", client.is_server_live() and client.is_server_ready() and client.is_model_ready("net"))
    holds("health", health(address, "") == 1 and health(address, "net") == 1)
    metadata = client.get_model_metadata("net", as_json=True)
    shape = [int(extent) for extent in metadata["inputs"][0]["shape"]]
    holds("metadata", metadata["inputs"][0]["name"] == "input" and shape == [-1, *case.x.shape[1:]]
          and int(metadata["outputs"][0]["shape"][1]) == case.expected.shape[1])
    configuration = client.get_model_config("net").config
    holds("configuration", configuration.max_batch_size > 0 and list(configuration.input[0].dims) == list(case.x.shape[1:])
          and configuration.input[0].data_type == 11 and configuration.instance_group[0].kind == 2
          and configuration.version_policy.WhichOneof("policy_choice") == "all")
    holds("server metadata", client.get_server_metadata().name == "densenet")

    def tensor(data, datatype):
        result = triton.InferInput("input", list(data.shape), datatype)
        result.set_data_from_numpy(data)
        return result

    def infer(data, datatype, **options):
        return client.infer("net", [tensor(data, datatype)], request_id="7", **options)

    before = client.get_inference_statistics("net").model_stats[0].inference_stats.success.count
    for what, options in {"plain": {}, "gzip": {"compression_algorithm": "gzip"}, "deflate": {"compression_algorithm": "deflate"},
                          "a long timeout": {"timeout": 60_000_000, "client_timeout": 60}}.items():
        result = infer(case.x, "FP32", **options)
        checks.at_most(f"triton, gRPC: logits of FP32, {what}", difference(result.as_numpy("logits"), case.expected), LIMIT)
        holds(f"id and model of FP32, {what}", result.get_response().id == "7" and result.get_response().model_name == "net")
    result = infer(case.files, "BYTES").as_numpy("logits")
    checks.at_most("triton, gRPC: probabilities of picture files", difference(softmax(result), case.probabilities), LIMIT)
    # As many bytes as 32 tensors of 3×224×224: the size that servers of pictures meet.
    many = np.array([case.files[-1] + bytes(32 * 3 * 224 * 224 * 4 // 32)] * 32, dtype=np.object_)
    result = infer(many, "BYTES").as_numpy("logits")
    checks.at_most("triton, gRPC: a message of 19 MB", difference(softmax(result), case.probabilities[[-1] * 32]), LIMIT)
    top = infer(case.x[:1], "FP32", outputs=[triton.InferRequestedOutput("logits", class_count=3)]).as_numpy("logits")
    best = np.argsort(-case.expected[0], kind="stable")[:3]
    found = [item.decode().split(":", 2) for item in np.ravel(top)]
    holds("classification", [(int(i), label) for _, i, label in found] == [(int(i), case.labels[i]) for i in best])

    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for model in ["net", "none", "net"]:
        client.async_stream_infer(model, [tensor(case.x, "FP32")], request_id=model)
    results = [answers.get(timeout=60) for _ in range(3)]
    client.stop_stream()
    checks.at_most("triton, gRPC: logits in a stream",
                   max(difference(results[i][0].as_numpy("logits"), case.expected) for i in (0, 2)), LIMIT)
    holds("an error in a stream", results[1][1] is not None and "none" in str(results[1][1]))

    statistics = client.get_inference_statistics("net").model_stats[0]
    holds("statistics", statistics.inference_stats.success.count == before + 9 and statistics.version == "1")
    client.unload_model("net")
    states = {model.name: model.state for model in client.get_model_repository_index().models}
    holds("unload", states == {"net": "UNAVAILABLE"} and not client.is_model_ready("net") and health(address, "net") == 2)
    client.load_model("net")
    holds("load", client.is_model_ready("net") and health(address, "net") == 1)
    checks.at_most("triton, gRPC: logits after a load", difference(infer(case.x, "FP32").as_numpy("logits"), case.expected), LIMIT)

    def refused(what, status, call):
        try:
            call()
            holds(what, False)
        except InferenceServerException as error:
            holds(what, error.status() == f"StatusCode.{status}")

    refused("an unknown model", "NOT_FOUND", lambda: client.get_model_metadata("none"))
    refused("an unknown model to ask", "NOT_FOUND", lambda: client.infer("none", [tensor(case.x, "FP32")]))
    refused("a wrong shape", "INVALID_ARGUMENT", lambda: infer(case.x[:, :, 1:], "FP32"))
    refused("a wrong type", "INVALID_ARGUMENT", lambda: infer(case.x.astype(np.float64), "FP64"))
    refused("a file to load", "INVALID_ARGUMENT", lambda: client.load_model("net", config="{}"))
    refused("a message that is too large", "RESOURCE_EXHAUSTED",
            lambda: infer(np.array([bytes(65 << 20)], dtype=np.object_), "BYTES"))


async def check_kserve(checks, address, case):
    import logging

    from kserve import InferenceGRPCClient, InferInput, InferRequest

    logging.disable(logging.ERROR)  # the client logs each error that it raises
    holds = lambda what, value: checks.at_most(f"kserve, gRPC: {what}", 0 if value else 1, 0)
    async with InferenceGRPCClient(address) as client:
        holds("live and ready", await client.is_server_live() and await client.is_server_ready() and await client.is_model_ready("net"))
        for binary in [False, True]:
            tensor = InferInput("input", list(case.x.shape), "FP32")
            tensor.set_data_from_numpy(case.x, binary_data=binary)
            response = await client.infer(InferRequest("net", [tensor], request_id="8"))
            what = "as bytes" if binary else "as numbers"
            checks.at_most(f"kserve, gRPC: logits, {what}", difference(response.outputs[0].as_numpy(), case.expected), LIMIT)
            holds(f"id, {what}", response.id == "8" and response.model_name == "net")
        tensor = InferInput("input", [len(case.files)], "BYTES")
        tensor.set_data_from_numpy(case.files, binary_data=True)
        response = await client.infer(InferRequest("net", [tensor]))
        checks.at_most("kserve, gRPC: probabilities of picture files",
                       difference(softmax(response.outputs[0].as_numpy()), case.probabilities), LIMIT)
        for what, call in {"an unknown model": client.is_model_ready("none"),
                           "an unknown model to ask": client.infer(InferRequest("none", [tensor]))}.items():
            try:
                await call
                holds(what, False)
            except grpc.RpcError as error:
                holds(what, error.code() == grpc.StatusCode.NOT_FOUND and "none" in error.details())


def main():
    name, address, path = sys.argv[1:]
    checks, case = Checks(), Case(path)
    if name == "triton":
        check_triton(checks, address, case)
    else:
        asyncio.run(check_kserve(checks, address, case))
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
