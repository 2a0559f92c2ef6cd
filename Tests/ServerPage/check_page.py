#!/usr/bin/env python3
"""Uses the server's page as people do, in headless Chromium, and fails where it does not do what it should.

    apt-get install chromium
    Tests/ServerPage/check_page.py                                    # with the made-up server beside this file
    Tests/ServerPage/check_page.py http://127.0.0.1:8080 --picture cat.jpg --output /tmp/screenshots

Of a server, what the page has to show is what the server itself answers for the same picture. Checks that it has no model
for (several models, several labels) are skipped, and said to be.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import traceback
import urllib.parse
import urllib.request

import mock_server
import pictures
from accessibility import contrast, misplaced, names
from browser import Browser, Failed, Page

DONE = "[...document.querySelectorAll('.card')].every(c => c.getAttribute('aria-busy') === 'false')"
CARDS = "document.querySelectorAll('.card').length"
FIRST = "document.querySelector('.bars li .name')?.textContent"
FOCUS = "(e => e.id || e.className || e.tagName)(document.activeElement)"


class Skipped(Exception):
    pass


class Checks:
    def __init__(self, browser, address, token, files, output):
        self.browser, self.address, self.token, self.files, self.output = browser, address, token, files, output
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
        page.until(f"document.getElementById('title').textContent === {json.dumps(self.models[0])}", "the model's name is shown")
        return page

    def with_pictures(self, *paths, **settings):
        page = self.page(**settings)
        page.drop(*paths)
        page.until(f"{CARDS} === {len(paths)} && {DONE}", "the pictures are classified")
        return page

    def shot(self, page, name):
        if self.output:
            page.screenshot(self.output / f"{name}.png")

    # What people do

    def drop(self):
        page = self.with_pictures(self.files[0])
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class of the dropped picture")
        if self.is_mock:
            expect(page.run(FIRST), self.files[0].stem, "the flower")
        self.silent(page)

    def drop_many(self):
        page = self.with_pictures(*self.files)
        shown = page.run("[...document.querySelectorAll('.card')].map(c => c.querySelector('.bars .name')?.textContent)")
        expect(shown, [self.classes_of(f)[0] for f in self.files], "the classes of the cards, in the files' order")
        expect(page.run("[...document.querySelectorAll('.card h2')].map(e => e.textContent)"), [f.name for f in self.files], "names")
        page.run("document.getElementById('clear').click()")
        expect(page.run(CARDS), 0, "cards after all are removed")
        self.silent(page)

    def paste(self):
        page = self.page()
        picture = self.files[0]
        if picture.suffix.lower() == ".png":
            # Through the clipboard and Ctrl+V: the browser writes the picture anew.
            self.browser.call("Browser.grantPermissions", browserContextId=page.context,
                              permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
            page.run(f"""(async () => {{
              const blob = new Blob([new Uint8Array({list(picture.read_bytes())})], {{type: 'image/png'}});
              await navigator.clipboard.write([new ClipboardItem({{'image/png': blob}})]);
            }})()""")
            page.press("v", modifiers=2, commands=["paste"])
        else:
            page.run(f"""(() => {{
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array({list(picture.read_bytes())})], 'image.png'));
              document.dispatchEvent(new ClipboardEvent('paste', {{clipboardData: data, bubbles: true}}));
            }})()""")
        page.until(f"{CARDS} === 1 && {DONE}", "the pasted picture is classified")
        expect(page.run(FIRST), self.classes_of(picture)[0], "the first class of the pasted picture")
        expect(page.run("document.querySelector('.card h2').textContent"), "Pasted picture 1", "its name")
        self.silent(page)

    def choose(self):
        page = self.page()
        page.choose("#files", *self.files[:2])
        page.until(f"{CARDS} === 2 && {DONE}", "the chosen pictures are classified")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class of the chosen picture")
        self.silent(page)

    def keyboard(self):
        page = self.page()
        page.call("Page.setInterceptFileChooserDialog", enabled=True)
        tab_to(page, "document.activeElement.id === 'files'")
        page.press("Enter")
        opened = []
        page.until("true", "")
        for _ in range(100):
            opened = page.events("Page.fileChooserOpened")
            if opened:
                break
            page.run("new Promise(done => setTimeout(done, 50))")
        if not opened:
            raise Failed("Enter on the button does not open the choice of files")
        page.call("DOM.setFileInputFiles", files=[str(self.files[0])], backendNodeId=opened[0]["backendNodeId"])
        page.until(f"{CARDS} === 1 && {DONE}", "the picture is classified")
        tab_to(page, "document.activeElement.matches('.toggle')")
        page.press(" ")
        page.until("!document.querySelector('.map').hidden && document.querySelector('.map').naturalWidth", "the heat map is shown")
        self.map_fits(page)
        before = page.run("getComputedStyle(document.querySelector('.map')).opacity")
        tab_to(page, "document.activeElement.type === 'range'")
        for _ in range(3):
            page.press("ArrowRight")
        after = page.run("getComputedStyle(document.querySelector('.map')).opacity")
        expect(round(float(after) - float(before), 2), 0.15, "how much three steps of the slider add to the opacity")
        tab_to(page, "document.activeElement.type === 'radio'")
        page.press("ArrowDown")
        second = page.run("document.querySelectorAll('.bars .name')[1].textContent")
        page.until(f"document.querySelector('.map').alt.includes({json.dumps(second)})", "the next class's heat map is shown")
        self.shot(page, "keyboard")
        tab_to(page, "document.activeElement.matches('.remove')", back=True)
        page.press("Enter")
        expect(page.run(CARDS), 0, "cards after the only one is removed")
        expect(page.run(FOCUS), "files", "what has the focus after that")
        self.silent(page)

    def map_fits(self, page):
        """The map lies over the middle square of the picture, unless the server says where."""
        picture, heat = page.run("""['.picture', '.map'].map(s => {
          const r = document.querySelector(s).getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })""")
        side = min(picture[2:])
        wanted = [picture[0] + (picture[2] - side) / 2, picture[1] + (picture[3] - side) / 2, side, side]
        if self.is_mock and any(abs(a - b) > 1 for a, b in zip(wanted, heat)):
            raise Failed(f"the heat map lies at {heat}, not at {wanted}")

    # What it looks like

    def looks(self, scheme, width, pictures_shown=1):
        page = self.with_pictures(*self.files[:pictures_shown], width=width, height=812 if width < 500 else 900, scheme=scheme,
                                  scale=2 if width < 500 else 1)
        page.run("document.querySelector('.toggle')?.click()")
        page.until("!document.querySelector('.card .map')?.src || document.querySelector('.map').complete", "the heat map is shown")
        page.run("document.querySelector('details').open = true")
        problems = page.run(contrast) + names(page) + page.run(misplaced)
        wide = page.run("document.documentElement.scrollWidth")
        if wide > width:
            problems.append(f"the page is {wide} px wide, the screen {width}")
        self.shot(page, f"{scheme}-{width}-{pictures_shown}")
        if problems:
            raise Failed("; ".join(problems[:6]))
        self.silent(page)

    def light(self):
        self.looks("light", 1280)
        self.looks("light", 1280, len(self.files))

    def dark(self):
        self.looks("dark", 1280)
        self.looks("dark", 1280, len(self.files))

    def phone(self):
        for width in (375, 320):
            self.looks("light", width)
            self.looks("dark", width, 2)

    def empty(self):
        for scheme, width in (("light", 1280), ("dark", 375)):
            page = self.page(scheme=scheme, width=width)
            expect(page.run("document.documentElement.scrollWidth") <= width, True, "the empty page fits")
            problems = page.run(contrast) + names(page)
            self.shot(page, f"empty-{scheme}-{width}")
            expect(problems, [], "what is wrong with the empty page")
            page.close()

    def chinese(self):
        page = self.with_pictures(self.files[0], languages="zh-CN,zh;q=0.9,en;q=0.8")
        expect(page.run("document.documentElement.lang"), "zh-Hans", "the page's language")
        expect(page.run("document.querySelector('[for=files]').textContent"), "选择图片", "the button")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class")
        self.shot(page, "chinese")
        page.run("document.getElementById('language').click()")
        expect(page.run("document.querySelector('[for=files]').textContent"), "Choose pictures", "the button in English")
        page.open(self.address)
        expect(page.run("document.documentElement.lang"), "en", "the language after a reload")
        self.silent(page)

    # Models

    def labels(self):
        model = next((m for m, facts in self.facts.items() if facts.get("kind") == "labels"), None)
        if model is None:
            raise Skipped("no model with several labels")
        for scheme in ("light", "dark"):
            page = self.with_pictures(self.files[0], scheme=scheme)
            switch(page, model)
            wanted = self.classes_of(self.files[0], model)
            shown = page.run("[...document.querySelectorAll('.bars .name')].map(e => e.textContent)")
            expect(shown, wanted[:8], "the labels, those that apply first")
            answer = {label["label"]: label for label in self.ask(f"predict?model={model}", self.files[0].read_bytes())["labels"]}
            rows = page.run("""[...document.querySelectorAll('.row')].map(r => [r.querySelector('.name').textContent,
              r.querySelector('.decision .hidden').textContent, r.querySelector('.tick').offsetLeft / r.querySelector('.bar').offsetWidth])""")
            for name, decision, tick in rows:
                expect(decision, "yes" if answer[name]["decision"] else "no", f"the decision on {name}")
                expect(abs(tick - answer[name]["threshold"]) < 0.02, True, f"the threshold of {name} is marked where it lies")
            self.shot(page, f"labels-{scheme}")
            expect(page.run(contrast) + names(page) + page.run(misplaced), [], "what is wrong with labels")
            self.silent(page)

    def models_switch(self):
        if len(self.models) < 2:
            raise Skipped("one model only")
        page = self.with_pictures(*self.files[:2])
        for model in self.models[1], self.models[0]:
            switch(page, model)
            expect(page.run(FIRST), self.classes_of(self.files[0], model)[0], f"the first class by {model}")
        self.silent(page)

    # What goes wrong

    def not_a_picture(self):
        text = self.files[0].parent / "<b>notes<b>.txt"
        text.write_text("These are no pixels.\n")
        page = self.with_pictures(text, self.files[0])
        errors = page.run("[...document.querySelectorAll('.error')].map(e => !e.hidden)")
        expect(errors, [True, False], "which cards show an error")
        expect(page.run("document.querySelector('.error strong').textContent"),
               "This is not a picture that the server can read.", "the error")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the other card's first class")
        self.shot(page, "error")
        expect(page.run(contrast) + names(page), [], "what is wrong with a card that failed")
        self.silent(page, statuses=(400, 415))

    def folder(self):
        page = self.page()
        page.drop(self.files[0].parent, self.files[0])
        page.until(f"{CARDS} === 2 && {DONE}", "both cards are done")
        expect(page.run("document.querySelector('.error strong').textContent.includes('cannot be read')"), True, "the folder's error")
        self.silent(page, also="ERR_FILE_NOT_FOUND")

    def faults(self):
        """503 with Retry-After, 413 and a server that has gone, each in the server's place."""
        page = self.page()
        asked = []

        def answer(request):
            asked.append(request["url"])
            first = len(asked)
            if first in (1, 2):
                return 503, {"error": "the queue is full"}, {"Retry-After": "1"}
            return None

        page.intercepting("*predict*", answer)
        page.drop(self.files[0])
        page.until("document.querySelector('.state')?.dataset.state === 'delayed'", "the page says that it waits")
        expect("Trying again in 1 s" in page.run("document.querySelector('.state-text').textContent"), True, "it says for how long")
        page.until(f"{FIRST} && {DONE}", "the request that was put off is made again")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class after two refusals")
        expect(len(asked), 3, "requests for it")
        for fault, message in (((413, {"error": "limit: 1 MiB"}, {}), "too large"), ("unreachable", "cannot be reached"),
                               ((500, {"odd": 1}, {}), "error 500"), ((200, {"predictions": 7}, {}), "cannot be read")):
            page.intercept = lambda _, fault=fault: fault
            page.drop(self.files[1])
            page.until(f"document.querySelector('.error strong').textContent.includes({json.dumps(message)})", f"'{message}' is shown")
            page.intercept = lambda _: None
            if fault[0] == 413:
                expect(page.run("document.querySelector('.retry').hidden"), True, "there is no use in trying again")
                continue
            page.run("document.querySelector('.retry').click()")
            page.until(f"{DONE} && document.querySelector('.error').hidden", f"it works again after '{message}'")
        self.silent(page, statuses=(413, 500, 503))

    def few_at_a_time(self):
        page = self.page()
        waiting = []
        page.intercepting("*predict*", lambda request: None)
        page.drop(*[self.files[i % len(self.files)] for i in range(9)])
        page.run("new Promise(done => setTimeout(done, 500))")
        waiting = [e for e in page.events("Fetch.requestPaused") if not e.get("answered")]
        expect(len(waiting), 4, "requests at once for nine pictures")
        page.until(f"{CARDS} === 9 && {DONE}", "all nine are done")
        self.silent(page)

    def untrusted_names(self):
        """Names in a model are text, and long ones are cut."""
        page = self.page(width=375)
        hostile = "<img src=x onerror=alert(1)>" + "long" * 60
        page.intercepting("*predict*", lambda _: (200, {"predictions": [
            {"class": hostile, "index": 0, "probability": 0.99999}, {"class": "b", "index": 1, "probability": -4},
            {"class": None, "index": "x", "probability": "NaN"}], "milliseconds": "soon"}, {}))
        page.drop(self.files[0])
        page.until(f"{FIRST} && {DONE}", "the answer is shown")
        expect(page.run(FIRST), hostile, "the name")
        expect(page.run("document.querySelector('.bars .name').title"), hostile, "the name's title")
        expect(page.run("document.querySelectorAll('.bars img').length"), 0, "elements that the name makes")
        expect(page.run("document.querySelector('.bars .value').textContent"), ">99.9%", "the probability")
        expect(page.run("(e => e.scrollWidth > e.clientWidth)(document.querySelector('.bars .name'))"), True, "the name is cut")
        expect(page.run("document.documentElement.scrollWidth"), 375, "the page's width")
        self.silent(page)

    def announced(self):
        page = self.with_pictures(self.files[0])
        first = self.classes_of(self.files[0])[0]
        page.until(f"document.getElementById('announcer').textContent.includes({json.dumps(first)})", "the class is announced")
        self.silent(page)

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
    page.run(f"(s => {{ s.value = {json.dumps(model)}; s.dispatchEvent(new Event('change', {{bubbles: true}})); }})"
             "(document.getElementById('model'))")
    page.until(f"document.getElementById('title').textContent === {json.dumps(model)} && {FIRST} && {DONE}", f"{model} has answered")


def tab_to(page, condition, back=False):
    for _ in range(40):
        page.press("Tab", modifiers=8 if back else 0)
        if page.run(condition):
            return
    raise Failed(f"the Tab key does not reach {condition}")


ALL = ["empty", "drop", "drop_many", "paste", "choose", "keyboard", "light", "dark", "phone", "chinese", "labels", "models_switch",
       "not_a_picture", "folder", "faults", "few_at_a_time", "untrusted_names", "announced"]


def wrong_token(checks):
    page = Page(checks.browser)
    page.open(checks.address)
    page.until("!document.getElementById('token-form').hidden", "the page asks for a token")
    checks.shot(page, "token")
    page.call("Input.insertText", text="wrong")
    page.press("Enter")
    page.until("document.getElementById('token-error').textContent", "a wrong token is refused")
    expect(page.run(contrast) + names(page), [], "what is wrong with the token's form")
    checks.silent(page)


def run(checks, chosen, title):
    failures = 0
    print(title)
    for name in chosen:
        try:
            wrong_token(checks) if name == "wrong_token" else getattr(checks, name)()
            print(f"  ok    {name}", flush=True)
        except Skipped as reason:
            print(f"  skip  {name}: {reason}", flush=True)
        except Failed as failure:
            failures += 1
            print(f"  FAIL  {name}: {failure}", flush=True)
        except Exception:
            failures += 1
            print(f"  FAIL  {name}\n{traceback.format_exc()}", flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", help="a running server's; without it, the made-up server is started")
    parser.add_argument("--token", default="", help="the server's token, if it wants one")
    parser.add_argument("--picture", type=pathlib.Path, action="append", help="pictures to use in place of drawn flowers (two or more)")
    parser.add_argument("--output", type=pathlib.Path, help="a folder for screenshots")
    parser.add_argument("--browser", help="the Chromium to use")
    parser.add_argument("--only", action="append", choices=ALL, help="a check to make, and no other")
    arguments = parser.parse_args()
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
    failures = 0
    with tempfile.TemporaryDirectory() as folder, Browser(arguments.browser) as browser:
        files = [p.resolve() for p in arguments.picture or []]
        if not files:
            for i, name in enumerate(pictures.COLOURS):
                width, height = ((320, 240), (220, 300), (400, 220), (240, 240))[i]
                files.append(pathlib.Path(folder) / f"{name}.png")
                files[-1].write_bytes(pictures.flower(name, width, height, petals=(5, 12, 8, 6)[i]))
        if len(files) < 2:
            parser.error("two pictures at least are needed")
        address = arguments.address or mock_server.start()[1]
        address = address.rstrip("/") + "/"
        checks = Checks(browser, address, arguments.token, files, arguments.output)
        checks.is_mock = not arguments.address
        failures += run(checks, arguments.only or ALL, f"{address}: {', '.join(checks.models)}")
        if arguments.token:
            failures += run(checks, ["wrong_token"], "with a wrong token")
        elif checks.is_mock and not arguments.only:
            _, address = mock_server.start(token="right-token")
            guarded = Checks(browser, address, "right-token", files, arguments.output and arguments.output / "guarded")
            guarded.output = None
            guarded.is_mock = True
            failures += run(guarded, ["drop", "models_switch"], "with a token")
            guarded.output = arguments.output
            failures += run(guarded, ["wrong_token"], "with a wrong token")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
