"""What a check of the page can use: the server's own answers, a page with pictures on it, and what must hold of any."""

import json
import urllib.parse
import urllib.request

from browser import Failed, Page

DONE = "[...document.querySelectorAll('.card')].every(c => c.getAttribute('aria-busy') === 'false')"
CARDS = "document.querySelectorAll('.card').length"
FIRST = "document.querySelector('.bars li .name')?.textContent"
FOCUS = "(e => e.id || e.className || e.tagName)(document.activeElement)"


class Skipped(Exception):
    pass


class Fixture:
    def __init__(self, browser, address, files, token="", output=None, is_mock=False):
        self.browser, self.address, self.files, self.token = browser, address, files, token
        self.output, self.is_mock = output, is_mock
        self.models = self.ask("v2/models")["models"]
        self.facts = {m: self.ask(f"v2/models/{urllib.parse.quote(m)}").get("parameters", {}) for m in self.models}

    def ask(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers["Content-Type"] = "application/octet-stream"
        request = urllib.request.Request(urllib.parse.urljoin(self.address, path), body, headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def classes_of(self, path, model=None):
        query = urllib.parse.urlencode({"model": model or self.models[0], "top": 5})
        answer = self.ask(f"predict?{query}", path.read_bytes())
        if "labels" not in answer:
            return [p["class"] for p in answer["predictions"]]
        applies = sorted(answer["labels"], key=lambda label: (not label["decision"], -label["probability"]))
        return [label["label"] for label in applies]

    def page(self, **settings):
        page = Page(self.browser, **settings)
        page.open(self.address)
        if self.token:
            page.until("!document.getElementById('token-form').hidden", "the page asks for a token")
            page.call("Input.insertText", text=self.token)
            page.press("Enter")
        page.until(
            f"document.getElementById('title').textContent === {json.dumps(self.models[0])}",
            "the model's name is shown",
        )
        return page

    def with_pictures(self, *paths, **settings):
        page = self.page(**settings)
        page.drop(*paths)
        page.until(f"{CARDS} === {len(paths)} && {DONE}", "the pictures are classified")
        return page

    def shot(self, page, name):
        if self.output:
            page.screenshot(self.output / f"{name}.png")

    def map_fits(self, page):
        """The map lies over the middle square of the picture, unless the server says where."""
        picture, heat = page.run("""['.picture', '.map'].map(s => {
          const r = document.querySelector(s).getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })""")
        side = min(picture[2:])
        wanted = [picture[0] + (picture[2] - side) / 2, picture[1] + (picture[3] - side) / 2, side, side]
        if self.is_mock and any(abs(a - b) > 1 for a, b in zip(wanted, heat)):
            raise Failed(f"the heat map lies at {heat}, not at {wanted}")

    def silent(self, page, statuses=(), also=None):
        """No breach of the policy, no error, no request to another host."""
        expected = tuple(f"status of {s}" for s in statuses) + (("ERR_CONNECTION_REFUSED",) if statuses else ())
        if also:
            expected += (also,)
        if self.token:
            expected += ("status of 401",)
        complaints = [c for c in page.complaints() if not any(e in c for e in expected)]
        expect(complaints, [], "what the browser reports")
        allowed = (self.address, "blob:", "data:", "about:")
        others = {e["request"]["url"] for e in page.events("Network.requestWillBeSent")}
        expect([u[:80] for u in others if not u.startswith(allowed)], [], "requests to others")
        page.close()


def expect(value, wanted, what):
    if value != wanted:
        raise Failed(f"{what}: expected {wanted!r}, found {value!r}")


def switch(page, model):
    page.run(
        f"(s => {{ s.value = {json.dumps(model)}; s.dispatchEvent(new Event('change', {{bubbles: true}})); }})"
        "(document.getElementById('model'))"
    )
    page.until(
        f"document.getElementById('title').textContent === {json.dumps(model)} && {FIRST} && {DONE}",
        f"{model} has answered",
    )


def tab_to(page, condition, back=False):
    for _ in range(40):
        page.press("Tab", modifiers=8 if back else 0)
        if page.run(condition):
            return
    raise Failed(f"the Tab key does not reach {condition}")
