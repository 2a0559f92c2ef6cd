"""Several models, several labels, tokens, and everything that can go wrong."""

import base64
import json

import pictures
from accessibility import contrast, misplaced, names
from browser import Page
from fixture import CARDS, DONE, FIRST, Fixture, Skipped, expect, switch


class ModelsAndFaults(Fixture):
    # Models

    def labels(self):
        model = next((m for m, facts in self.facts.items() if facts.get("kind") == "labels"), None)
        if model is None:
            raise Skipped("no model with several labels")
        for scheme, width in (("light", 1280), ("dark", 1280), ("light", 375), ("dark", 320)):
            page = self.with_pictures(self.files[0], scheme=scheme, width=width)
            switch(page, model)
            wanted = self.classes_of(self.files[0], model)
            shown = page.run("[...document.querySelectorAll('.bars .name')].map(e => e.textContent)")
            expect(shown, wanted[:8], "the labels, those that apply first")
            answer = {
                label["label"]: label
                for label in self.ask(f"predict?model={model}", self.files[0].read_bytes())["labels"]
            }
            rows = page.run("""[...document.querySelectorAll('.row')].map(r => [r.querySelector('.name').textContent,
              r.querySelector('.decision .hidden').textContent,
              r.querySelector('.tick').offsetLeft / r.querySelector('.bar').offsetWidth])""")
            for name, decision, tick in rows:
                expect(decision, "yes" if answer[name]["decision"] else "no", f"the decision on {name}")
                expect(
                    abs(tick - answer[name]["threshold"]) < 0.02,
                    True,
                    f"the threshold of {name} is marked where it lies",
                )
            expect(page.run("document.documentElement.scrollWidth"), width, "the page's width")
            self.shot(page, f"labels-{scheme}-{width}")
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
        expect(
            page.run("document.querySelector('.error strong').textContent"),
            "This is not a picture that the server can read.",
            "the error",
        )
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the other card's first class")
        self.shot(page, "error")
        expect(page.run(contrast) + names(page), [], "what is wrong with a card that failed")
        self.silent(page, statuses=(400, 415))

    def folder(self):
        page = self.page()
        page.drop(self.files[0].parent, self.files[0])
        page.until(f"{CARDS} === 2 && {DONE}", "both cards are done")
        expect(
            page.run("document.querySelector('.error strong').textContent.includes('cannot be read')"),
            True,
            "the folder's error",
        )
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
        expect(
            "Trying again in 1 s" in page.run("document.querySelector('.state-text').textContent"),
            True,
            "it says for how long",
        )
        page.until(f"{FIRST} && {DONE}", "the request that was put off is made again")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class after two refusals")
        expect(len(asked), 3, "requests for it")
        for fault, message in (
            ((413, {"error": "limit: 1 MiB"}, {}), "too large"),
            ("unreachable", "cannot be reached"),
            ((500, {"odd": 1}, {}), "error 500"),
            ((200, {"predictions": 7}, {}), "cannot be read"),
        ):
            page.intercept = lambda _, fault=fault: fault
            page.drop(self.files[1])
            page.until(
                f"document.querySelector('.error strong').textContent.includes({json.dumps(message)})",
                f"'{message}' is shown",
            )
            page.intercept = lambda _: None
            if fault[0] == 413:
                expect(page.run("document.querySelector('.retry').hidden"), True, "there is no use in trying again")
                continue
            page.run("document.querySelector('.retry').click()")
            page.until(f"{DONE} && document.querySelector('.error').hidden", f"it works again after '{message}'")
        self.silent(page, statuses=(413, 500, 503))

    def map_in_region(self):
        """The heat map lies where the server says, is asked for once, and a refusal of it leaves the card as it was."""
        page = self.page()
        region = [0.1, 0.25, 0.5, 0.6]
        maps = []

        def answer(request):
            if "cam=1" not in request["url"]:
                return None
            maps.append(request["url"])
            if len(maps) == 1:
                return 400, {"error": "this model has no heat map"}, {}
            cam = base64.b64encode(pictures.heat_map()).decode()
            return 200, {"predictions": [], "cam": cam, "cam_region": region}, {}

        page.intercepting("*predict*", answer)
        page.drop(self.files[0])
        page.until(f"{CARDS} === 1 && {DONE}", "the picture is classified")
        page.run("document.querySelector('.toggle').click()")
        page.until(
            "document.querySelector('.map-note').textContent.includes('has no heat map')", "the refusal is shown"
        )
        expect(page.run("document.querySelector('.toggle').ariaPressed"), "false", "the button after that")
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class after that")
        # Hidden and shown again before the server has answered, and once more after.
        page.run("for (let i = 0; i < 3; i++) document.querySelector('.toggle').click()")
        page.until(
            "!document.querySelector('.map').hidden && document.querySelector('.map').naturalWidth", "it is shown"
        )
        page.run("for (let i = 0; i < 2; i++) document.querySelector('.toggle').click()")
        expect(page.run("document.querySelector('.map').hidden"), False, "whether it is hidden")
        expect(len(maps), 2, "requests for the heat map, one of them refused")
        places = page.run("""['.picture', '.map'].map(s => {
          const r = document.querySelector(s).getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })""")
        (x, y, w, h), found = places
        wanted = [x + 0.1 * w, y + 0.25 * h, 0.5 * w, 0.6 * h]
        expect([round(a - b) for a, b in zip(wanted, found)], [0, 0, 0, 0], f"the distance of {found} from {wanted}")
        self.silent(page, statuses=(400,))

    def no_preview(self):
        """A picture that the browser cannot show and the server can read, as of TIFF."""
        page = self.page()
        file = self.files[0].parent / "scan.tif"
        file.write_bytes(b"II*\0")
        answer = {
            "predictions": [{"class": "scan", "index": 0, "probability": 0.75}],
            "milliseconds": 3,
            "cam": base64.b64encode(pictures.heat_map()).decode(),
        }
        page.intercepting("*predict*", lambda _: (200, answer, {}))
        page.drop(file)
        page.until(
            f"{FIRST} === 'scan' && {DONE} && !document.querySelector('.no-preview').hidden", "its class is shown"
        )
        page.run("document.querySelector('.toggle').click()")
        page.until("document.querySelector('.map').naturalWidth", "the heat map is shown alone")
        expect(page.run(contrast) + names(page) + page.run(misplaced), [], "what is wrong with its card")
        self.shot(page, "no-preview")
        self.silent(page)

    def few_at_a_time(self):
        page = self.page()
        page.intercepting("*predict*", lambda request: None)
        page.drop(*[self.files[i % len(self.files)] for i in range(9)])
        waiting = []
        for _ in range(40):
            page.run("new Promise(done => setTimeout(done, 250))")
            seen, waiting = len(waiting), page.events("Fetch.requestPaused")
            if waiting and len(waiting) == seen:
                break
        expect(len(waiting), 4, "requests at once for nine pictures")
        page.until(f"{CARDS} === 9 && {DONE}", "all nine are done")
        self.silent(page)

    def untrusted_names(self):
        """Names in a model are text, and long ones are cut."""
        page = self.page(width=375)
        hostile = "<img src=x onerror=alert(1)>" + "long" * 60
        page.intercepting(
            "*predict*",
            lambda _: (
                200,
                {
                    "predictions": [
                        {"class": hostile, "index": 0, "probability": 0.99999},
                        {"class": "b", "index": 1, "probability": -4},
                        {"class": None, "index": "x", "probability": "NaN"},
                    ],
                    "milliseconds": "soon",
                },
                {},
            ),
        )
        page.drop(self.files[0])
        page.until(f"{FIRST} && {DONE}", "the answer is shown")
        expect(page.run(FIRST), hostile, "the name")
        expect(page.run("document.querySelector('.bars .name').title"), hostile, "the name's title")
        expect(page.run("document.querySelectorAll('.bars img').length"), 0, "elements that the name makes")
        expect(page.run("document.querySelector('.bars .value').textContent"), ">99.9%", "the probability")
        expect(
            page.run("(e => e.scrollWidth > e.clientWidth)(document.querySelector('.bars .name'))"),
            True,
            "the name is cut",
        )
        expect(page.run("document.documentElement.scrollWidth"), 375, "the page's width")
        self.silent(page)

    def announced(self):
        page = self.with_pictures(self.files[0])
        first = self.classes_of(self.files[0])[0]
        page.until(
            f"document.getElementById('announcer').textContent.includes({json.dumps(first)})", "the class is announced"
        )
        self.silent(page)

    def wrong_token(self):
        if not self.token:
            raise Skipped("no token")
        page = Page(self.browser)
        page.open(self.address)
        page.until("!document.getElementById('token-form').hidden", "the page asks for a token")
        self.shot(page, "token")
        page.call("Input.insertText", text="wrong")
        page.press("Enter")
        page.until("document.getElementById('token-error').textContent", "a wrong token is refused")
        expect(page.run(contrast) + names(page), [], "what is wrong with the token's form")
        self.silent(page)
