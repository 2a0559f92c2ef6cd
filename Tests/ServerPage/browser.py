"""Drives headless Chromium by its DevTools protocol over a pair of pipes, by the standard library alone."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

KEYS = {
    "Tab": (9, ""),
    "Enter": (13, "\r"),
    " ": (32, " "),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
    "Escape": (27, ""),
}


class Failed(AssertionError):
    pass


class Browser:
    def __init__(self, program=None, languages="en-US"):
        program = program or next(
            (p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None
        )
        if not program:
            raise SystemExit("no Chromium here; install it (apt-get install chromium) or name it with --browser")
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        options = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--hide-scrollbars",
            f"--lang={languages}",
            f"--accept-lang={languages}",
            f"--user-data-dir={self.folder.name}",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        # Chromium reads commands from descriptor 3 and writes to 4.
        command = 'a=$1; b=$2; shift 2; exec "$@" 3<&"$a" 4>&"$b"'
        arguments = ["/bin/bash", "-c", command, "browser", str(to_browser), str(from_browser), program, *options]
        self.process = subprocess.Popen(
            arguments,
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.count, self.events = b"", 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (OSError, Failed):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.folder.cleanup()

    def call(self, method, session=None, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        wanted, deadline = self.count, time.monotonic() + 60
        while time.monotonic() < deadline:
            reply = self.receive(deadline - time.monotonic())
            if reply is None:
                break
            if reply.get("id") == wanted:
                if "error" in reply:
                    raise Failed(f"{method}: {reply['error'].get('message')}")
                return reply["result"]
            if "method" in reply:
                self.events.append(reply)
        raise Failed(f"{method}: no answer from the browser")

    def receive(self, seconds):
        while b"\0" not in self.buffer:
            if not select.select([self.input], [], [], max(seconds, 0))[0]:
                return None
            data = os.read(self.input, 1 << 20)
            if not data:
                raise Failed("the browser has gone")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def drain(self):
        while (message := self.receive(0)) is not None:
            if "method" in message:
                self.events.append(message)


class Page:
    """A tab of its own profile."""

    def __init__(self, browser, width=1280, height=900, scale=1, scheme="light", languages=None, still=True):
        self.browser = browser
        self.context = browser.call("Target.createBrowserContext")["browserContextId"]
        target = browser.call("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        if still:
            features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        self.call("Emulation.setEmulatedMedia", features=features)
        if languages:
            agent = browser.call("Browser.getVersion")["userAgent"]
            self.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)
        self.width, self.height = width, height
        self.intercept = None

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def events(self, method):
        self.browser.drain()
        return [
            e["params"] for e in self.browser.events if e.get("sessionId") == self.session and e["method"] == method
        ]

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until(
            "document.readyState === 'complete' && document.getElementById('title') !== null", "the page has loaded"
        )

    def run(self, script):
        reply = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in reply:
            raise Failed(f"{script[:80]}: {reply['exceptionDetails'].get('exception', {}).get('description', '')}")
        return reply["result"].get("value")

    def until(self, script, what, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            self.answer_paused()
            value = self.run(f"Boolean({script})")
            if value:
                return value
            if time.monotonic() > deadline:
                raise Failed(f"waited {seconds} s in vain until {what}")
            time.sleep(0.05)

    def intercepting(self, pattern, answer):
        """Lets `answer(request)` give `(status, body, headers)` in the server's place, or None for the server's own."""
        self.intercept = answer
        self.call("Fetch.enable", patterns=[{"urlPattern": pattern}])

    def answer_paused(self):
        if not self.intercept:
            return
        for paused in self.events("Fetch.requestPaused"):
            if paused.get("answered"):
                continue
            paused["answered"] = True
            answer = self.intercept(paused["request"])
            if answer is None:
                self.call("Fetch.continueRequest", requestId=paused["requestId"])
            elif answer == "unreachable":
                self.call("Fetch.failRequest", requestId=paused["requestId"], errorReason="ConnectionRefused")
            else:
                status, body, headers = answer
                listed = [{"name": n, "value": v} for n, v in {"Content-Type": "application/json", **headers}.items()]
                self.call(
                    "Fetch.fulfillRequest",
                    requestId=paused["requestId"],
                    responseCode=status,
                    responseHeaders=listed,
                    body=base64.b64encode(json.dumps(body).encode()).decode(),
                )

    def press(self, key, modifiers=0, commands=()):
        code, text = KEYS[key] if key in KEYS else (ord(key.upper()), "")
        name = {" ": "Space"}.get(key, key if len(key) > 1 else f"Key{key.upper()}")
        common = {"key": key, "code": name, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        down = {"type": "keyDown" if text else "rawKeyDown", **common}
        if text:
            down["text"] = text
        if commands:
            down["commands"] = list(commands)
        self.call("Input.dispatchKeyEvent", **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def drop(self, *paths):
        data = {"items": [], "files": [str(p) for p in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=self.width / 2, y=self.height / 2, data=data)

    def choose(self, selector, *paths):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(p) for p in paths], nodeId=node)

    def screenshot(self, path, whole=True):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": self.width, "height": size["height"] if whole else self.height, "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """-> what the browser reports as wrong: breaches of the security policy, errors, failed requests"""
        found = [
            e["entry"]["text"] for e in self.events("Log.entryAdded") if e["entry"]["level"] in ("error", "warning")
        ]
        found += [e["exceptionDetails"]["text"] for e in self.events("Runtime.exceptionThrown")]
        found += [
            f"console.{e['type']}"
            for e in self.events("Runtime.consoleAPICalled")
            if e["type"] in ("error", "warning", "assert")
        ]
        return found

    def close(self):
        self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)
