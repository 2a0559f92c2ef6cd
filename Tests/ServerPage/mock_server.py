#!/usr/bin/env python3
"""Serves the page with made-up models, to look at it and to test it without the real server.

    Tests/ServerPage/mock_server.py --port 8080 [--token SECRET]

`flowers` tells the flowers of pictures.py apart by their colour, `traits` gives several labels. It answers the page's
requests as `densenet serve` does, with the same security headers.
"""

import argparse
import base64
import json
import math
import pathlib
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pictures

PAGE = pathlib.Path(__file__).resolve().parents[2] / "Sources/CServerPage/data"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
# Names are text, whatever they hold.
HOSTILE = "<img src=x onerror=alert(1)> & a name that is far too long for any card that a picture could have"
CLASSES = [*pictures.COLOURS, "daisy", "clover", "thistle", HOSTILE]
LABELS = [
    "red petals",
    "yellow petals",
    "blue petals",
    "open",
    "in focus",
    "grass behind",
    "insect",
    "several flowers",
    "shade",
    "dew",
]
THRESHOLDS = [0.5, 0.5, 0.35, 0.4, 0.6, 0.25, 0.1, 0.5, 0.5, 0.3]


def softmax(values):
    exponents = [math.exp(v - max(values)) for v in values]
    return [e / sum(exponents) for e in exponents]


def classify(colour):
    scores = [-math.dist(colour, c) / 30 for c in pictures.COLOURS.values()]
    return softmax(scores + [-4.5, -5.2, -4.9, -9])


def traits(colour):
    red, green, blue = (c / 255 for c in colour)
    return [
        red * (1 - blue),
        min(red, green) * 1.2 * (1 - blue),
        blue * (1 - red) * 1.4,
        0.93,
        0.58,
        0.88,
        0.12,
        0.07,
        0.31,
        0.04,
    ]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    token = ""
    models = ("flowers", "traits")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "mock"

    def log_message(self, *_):
        pass

    def send(self, status, body, media_type="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def allowed(self):
        if not self.server.token or self.headers.get("Authorization") == f"Bearer {self.server.token}":
            return True
        self.send(401, {"error": "a bearer token is needed"}, WWW_Authenticate="Bearer")
        return False

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        file = PAGE / ("index.html" if path == "/" else path[1:])
        if "/" not in path[1:] and file.is_file():
            return self.send(200, file.read_bytes(), TYPES[file.suffix] + "; charset=utf-8")
        if not self.allowed():
            return None
        if path == "/v2/models":
            return self.send(200, {"models": self.server.models})
        name = path.removeprefix("/v2/models/")
        if name not in self.server.models:
            return self.send(404, {"error": f"no such path: {path}"})
        is_labels = name == "traits"
        facts = {"classes": LABELS if is_labels else CLASSES, "kind": "labels" if is_labels else "classes"}
        if is_labels:
            facts["thresholds"] = THRESHOLDS
        return self.send(200, {"name": name, "platform": "densenet", "inputs": [], "outputs": [], "parameters": facts})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.allowed():
            return None
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        begin = time.perf_counter()
        try:
            colour = pictures.petal_colour(body)
        except ValueError as error:
            return self.send(400, {"error": f"the picture: expected a JPEG, PNG or WebP picture: {error}"})
        model = query.get("model", self.server.models[0])
        answer = {"model": model}
        if model == "traits":
            answer["labels"] = [
                {"label": name, "probability": p, "decision": p >= t, "threshold": t}
                for name, p, t in zip(LABELS, traits(colour), THRESHOLDS)
            ]
        else:
            ranked = sorted(enumerate(classify(colour)), key=lambda pair: -pair[1])[: int(query.get("top", 5))]
            answer["predictions"] = [{"class": CLASSES[i], "index": i, "probability": p} for i, p in ranked]
        if query.get("cam") == "1":
            index = int(query.get("class", 0))
            answer["cam"] = base64.b64encode(pictures.heat_map(centre=(0.5, 0.5) if index < 4 else (0.2, 0.7))).decode()
        answer["milliseconds"] = (time.perf_counter() - begin) * 1000
        return self.send(200, answer)


def start(port=0, token=""):
    """-> a server that is running, and its address"""
    server = Server(("127.0.0.1", port), Handler)
    server.token = token
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}/"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--token", default="")
    arguments = parser.parse_args()
    _, address = start(arguments.port, arguments.token)
    print(f"serving {', '.join(Server.models)} on {address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
