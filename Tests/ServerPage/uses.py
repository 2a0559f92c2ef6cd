"""What people do with the page: drop, paste and choose pictures, work by the keyboard alone, look on any screen."""

import json

from accessibility import contrast, misplaced, names
from browser import Failed
from fixture import CARDS, DONE, FIRST, FOCUS, Fixture, expect, tab_to


class Uses(Fixture):
    # What people do

    def drop(self):
        page = self.with_pictures(self.files[0])
        expect(page.run(FIRST), self.classes_of(self.files[0])[0], "the first class of the dropped picture")
        if self.is_mock:
            expect(page.run(FIRST), self.files[0].stem, "the flower")
        self.silent(page)

    def drop_many(self):
        page = self.with_pictures(*self.files)
        shown = page.run(
            "[...document.querySelectorAll('.card')].map(c => c.querySelector('.bars .name')?.textContent)"
        )
        expect(shown, [self.classes_of(f)[0] for f in self.files], "the classes of the cards, in the files' order")
        expect(
            page.run("[...document.querySelectorAll('.card h2')].map(e => e.textContent)"),
            [f.name for f in self.files],
            "names",
        )
        page.run("document.getElementById('clear').click()")
        expect(page.run(CARDS), 0, "cards after all are removed")
        self.silent(page)

    def paste(self):
        page = self.page()
        picture = self.files[0]
        if picture.suffix.lower() == ".png":
            # Through the clipboard and Ctrl+V: the browser writes the picture anew.
            self.browser.call(
                "Browser.grantPermissions",
                browserContextId=page.context,
                permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
            )
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
        page.until(
            "!document.querySelector('.map').hidden && document.querySelector('.map').naturalWidth",
            "the heat map is shown",
        )
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
        page.until(
            f"(m => !m.hidden && m.alt.includes({json.dumps(second)}))(document.querySelector('.map'))",
            "the next class's heat map is shown",
        )
        self.shot(page, "keyboard")
        tab_to(page, "document.activeElement.matches('.remove')", back=True)
        page.press("Enter")
        expect(page.run(CARDS), 0, "cards after the only one is removed")
        expect(page.run(FOCUS), "files", "what has the focus after that")
        self.silent(page)

    # What it looks like

    def looks(self, scheme, width, pictures_shown=1):
        page = self.with_pictures(
            *self.files[:pictures_shown],
            width=width,
            height=812 if width < 500 else 900,
            scheme=scheme,
            scale=2 if width < 500 else 1,
        )
        page.run("document.querySelector('.toggle')?.click()")
        page.until(
            "!document.querySelector('.card .map')?.src || document.querySelector('.map').complete",
            "the heat map is shown",
        )
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
        expect(
            page.run("document.querySelector('[for=files]').textContent"), "Choose pictures", "the button in English"
        )
        page.open(self.address)
        expect(page.run("document.documentElement.lang"), "en", "the language after a reload")
        self.silent(page)
