#!/usr/bin/env python3
"""A picture classifier as people write it by hand: FastAPI, Pillow and ONNX Runtime; a peer of `densenet serve`.

    python Benchmarks/peers/fastapi_server.py --model net.onnx --workers 2 --threads 1 --port 8000

Needs: pip install -r Benchmarks/requirements.txt

`POST /predict` takes a picture's bytes and answers with its five most probable classes. Pictures are resized and cropped as
torchvision does for ImageNet. Each worker is a process with a session of its own; requests are decoded and run on the
worker's threads, so that the event loop stays free.
"""

import argparse
import io
import os

SIDE = 224


def make_app():
    """The application, as uvicorn's workers make it: settings come by the environment."""
    import numpy as np
    import onnxruntime
    from fastapi import FastAPI, Request
    from fastapi.concurrency import run_in_threadpool
    from PIL import Image

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = int(os.environ["SERVER_THREADS"]), 1
    session = onnxruntime.InferenceSession(os.environ["SERVER_MODEL"], settings, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    mean, std = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)

    def classify(body):
        image = Image.open(io.BytesIO(body)).convert("RGB")
        shorter = min(image.size)
        image = image.resize([side * 256 // shorter for side in image.size], Image.Resampling.BILINEAR)
        left, top = (round((side - SIDE) / 2) for side in image.size)
        pixels = np.asarray(image.crop((left, top, left + SIDE, top + SIDE)), np.float32) / 255
        logits = session.run(None, {name: ((pixels - mean) / std).transpose(2, 0, 1)[None]})[0][0]
        exponents = np.exp(logits - logits.max())
        shares = exponents / exponents.sum()
        best = shares.argsort()[::-1][:5]
        return {"predictions": [{"index": int(index), "probability": float(shares[index])} for index in best]}

    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request):
        return await run_in_threadpool(classify, await request.body())

    return app


def main():
    parser = argparse.ArgumentParser(description="Serves a network by FastAPI, Pillow and ONNX Runtime.")
    add = parser.add_argument
    add("--model", required=True, help="the ONNX file")
    add("--workers", type=int, default=1, help="processes (default: %(default)s)")
    add("--threads", type=int, default=2, help="of a session (default: %(default)s)")
    add("--port", type=int, default=8000, help="default: %(default)s")
    options = parser.parse_args()
    os.environ.update(SERVER_MODEL=options.model, SERVER_THREADS=str(options.threads))
    # The workers are other processes, which find this file by its name.
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    import uvicorn

    uvicorn.run(
        "fastapi_server:make_app", factory=True, port=options.port, workers=options.workers, log_level="warning")


if __name__ == "__main__":
    main()
