// One picture: what it shows, what the server found in it, and its heat map.

import { entriesOf, inWords, row } from "./results.js";
import { predict, RequestError } from "./server.js";
import { duration, errorText, fileSize, number, text } from "./texts.js";

const template = document.getElementById("card-template");
const labelsShown = 8;
// Pictures of fewer pixels a side are drawn as squares, not blurred.
const tiny = 100;
let made = 0;

export class Card {
  /**
   * `settings` has the model's name and facts, and how many classes are shown. `changed` is called when the server has
   * answered, `removed` when the reader wants the card away.
   */
  constructor(file, name, settings, { changed, removed }) {
    this.file = file;
    this.name = name;
    this.settings = settings;
    this.changed = changed;
    this.number = made += 1;
    this.element = template.content.firstElementChild.cloneNode(true);
    this.url = URL.createObjectURL(file);
    const find = (selector) => this.element.querySelector(selector);
    this.parts = {
      article: find("article"), title: find("h2"), remove: find(".remove"), sight: find(".sight"),
      frame: find(".frame"), picture: find(".picture"), map: find(".map"), noPreview: find(".no-preview"),
      tools: find(".map-tools"),
      toggle: find(".toggle"), opacity: find(".opacity"), slider: find("input[type=range]"), output: find("output"),
      note: find(".map-note"), state: find(".state"), stateText: find(".state-text"), error: find(".error"),
      errorTitle: find(".error strong"), serverText: find(".server-text"), retry: find(".retry"), bars: find(".bars"),
      legend: find("legend"), list: find(".bars ol"), more: find(".more"), facts: find(".facts"),
    };
    this.#listen(removed);
    this.#showPicture();
    this.reset();
  }

  #listen(removed) {
    const { remove, toggle, slider, retry, list, more } = this.parts;
    remove.addEventListener("click", () => removed(this));
    retry.addEventListener("click", () => {
      this.classify();
      this.parts.remove.focus();
    });
    toggle.addEventListener("click", () => {
      if (this.shownMap === null) this.showMap(this.entries[0]?.index);
      else this.hideMap();
    });
    slider.value = this.settings.opacity;
    slider.addEventListener("input", () => {
      this.settings.opacity = slider.value;
      this.#renderOpacity();
    });
    list.addEventListener("animationend", () => this.parts.bars.classList.remove("fresh"));
    list.addEventListener("change", (event) => this.showMap(Number(event.target.value)));
    more.addEventListener("click", () => {
      this.isUnfolded = !this.isUnfolded;
      this.#renderBars();
    });
  }

  #showPicture() {
    const { picture, frame, noPreview, article, title } = this.parts;
    title.id = `picture-${this.number}`;
    article.setAttribute("aria-labelledby", title.id);
    picture.addEventListener("load", () => {
      this.size = [picture.naturalWidth || 1, picture.naturalHeight || 1];
      frame.style.setProperty("--ratio", this.size[0] / this.size[1]);
      picture.classList.toggle("tiny", Math.max(...this.size) < tiny);
      this.#placeMap();
      this.#renderFacts();
    });
    picture.addEventListener("error", () => {
      picture.hidden = true;
      noPreview.hidden = false;
      this.render();
    });
    picture.src = this.url;
  }

  /** Forgets what was found: another model is going to be asked. */
  reset() {
    this.abort?.abort();
    this.abort = new AbortController();
    Object.assign(this, {
      state: "waiting", error: null, answer: null, entries: [], isUnfolded: false,
      maps: new Map(), mapsAsked: new Set(), shownMap: null, mapState: "",
    });
    this.render();
  }

  async classify() {
    this.reset();
    const signal = this.abort.signal;
    const { model, facts } = this.settings;
    const classes = facts?.classes?.length ?? 10;
    try {
      const { answer, elapsed } = await predict(this.file, { model, top: Math.min(10, classes) }, signal, {
        started: () => this.#become("running"),
        delayed: (seconds) => this.#become("delayed", Math.ceil(seconds)),
      });
      if (signal.aborted) return;
      const entries = entriesOf(answer, facts);
      if (!entries) throw new RequestError("Answer");
      Object.assign(this, { answer, entries, elapsed });
      this.parts.bars.classList.add("fresh");
      this.#become("done");
    } catch (error) {
      if (signal.aborted) return;
      this.error = error;
      this.#become("failed");
    }
    this.changed(this);
  }

  /** Waits for the token before it asks again. */
  get lacksToken() {
    return this.error?.status === 401;
  }

  get inWords() {
    return this.state === "failed" ? errorText(this.error.status) : inWords(this.entries);
  }

  #become(state, seconds) {
    this.state = state;
    this.delay = seconds;
    this.render();
  }

  async showMap(index) {
    if (index === undefined) return;
    const signal = this.abort.signal;
    this.shownMap = index;
    this.mapState = this.maps.has(index) ? "" : "running";
    this.#renderMap();
    if (this.mapsAsked.has(index)) return;
    this.mapsAsked.add(index);
    try {
      const query = { model: this.settings.model, top: 1, cam: 1, class: index };
      const { answer } = await predict(this.file, query, signal);
      if (signal.aborted) return;
      if (typeof answer.cam !== "string" || !/^[A-Za-z0-9+/=\s]+$/.test(answer.cam)) throw new RequestError("Answer");
      this.maps.set(index, { source: `data:image/png;base64,${answer.cam}`, region: regionOf(answer.cam_region) });
      if (this.shownMap === index) this.mapState = "";
    } catch (error) {
      if (signal.aborted) return;
      this.mapsAsked.delete(index);
      if (this.shownMap !== index) return;
      this.shownMap = null;
      this.mapState = "failed";
      this.mapError = error.message || errorText(error.status);
    }
    this.#renderMap();
  }

  hideMap() {
    this.shownMap = null;
    this.mapState = "";
    this.#renderMap();
  }

  discard() {
    this.abort.abort();
    URL.revokeObjectURL(this.url);
    this.element.remove();
  }

  /** Writes all texts anew, in the language of now. */
  render() {
    const { title, remove, picture, noPreview, state, stateText, tools, sight } = this.parts;
    const { error, errorTitle, serverText, retry } = this.parts;
    title.textContent = this.name;
    title.title = this.name;
    label(remove, text("remove", this.name));
    picture.alt = text("picture", this.name);
    noPreview.textContent = text("noPreview");
    const isDone = this.state === "done";
    state.hidden = isDone || this.state === "failed";
    state.dataset.state = this.state;
    stateText.textContent = state.hidden ? "" : text(this.state, number(this.delay ?? 0));
    error.hidden = this.state !== "failed";
    if (this.error) {
      errorTitle.textContent = errorText(this.error.status);
      serverText.textContent = this.error.message;
      retry.textContent = text("again");
      retry.hidden = [400, 413, 415, 422].includes(this.error.status);
    }
    // Of a file that neither the browser nor the server can read there is nothing to see.
    sight.hidden = this.state === "failed" && picture.hidden;
    tools.hidden = !isDone || !this.entries.length;
    this.parts.article.setAttribute("aria-busy", String(!isDone && this.state !== "failed"));
    this.#renderBars();
    this.#renderMap();
    this.#renderFacts();
  }

  #renderBars() {
    const { bars, legend, list, more } = this.parts;
    const isLabels = this.entries[0]?.decision !== undefined;
    const limit = isLabels ? (this.isUnfolded ? Infinity : labelsShown) : this.settings.top;
    const focused = list.contains(document.activeElement) ? document.activeElement.value : null;
    bars.hidden = !this.entries.length;
    bars.classList.toggle("labels", isLabels);
    legend.classList.toggle("hidden", !isLabels);
    const found = this.entries.filter((entry) => entry.decision).length;
    const key = isLabels ? "labelsLegend" : "classesLegend";
    legend.textContent = text(key, number(found), number(this.entries.length));
    const group = `class-${this.number}`;
    const shown = this.entries.slice(0, limit);
    list.replaceChildren(...shown.map((entry) => row(entry, group, entry.index === this.shownMap)));
    if (focused !== null) list.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
    const rest = this.entries.length - labelsShown;
    more.hidden = !isLabels || rest <= 0;
    more.textContent = this.isUnfolded ? text("fewer") : text("more", number(Math.max(rest, 0)));
    more.setAttribute("aria-expanded", String(this.isUnfolded));
  }

  #renderMap() {
    const { map, toggle, opacity, slider, note, list, frame } = this.parts;
    const isOn = this.shownMap !== null;
    const entry = this.entries.find((entry) => entry.index === this.shownMap);
    const ready = this.maps.get(this.shownMap);
    toggle.textContent = text("heatMap");
    toggle.setAttribute("aria-pressed", String(isOn));
    opacity.hidden = !isOn;
    opacity.firstElementChild.textContent = text("opacity");
    frame.classList.toggle("busy", this.mapState === "running");
    if (ready) map.src = ready.source;
    map.hidden = !ready;
    map.alt = entry ? text("heatMapOf", entry.name) : "";
    for (const choice of list.querySelectorAll("input")) choice.checked = Number(choice.value) === this.shownMap;
    if (this.mapState === "failed") note.textContent = `${text("heatMapFailed")} ${this.mapError}`;
    else note.textContent = isOn ? (ready ? text("heatMapOf", entry?.name ?? "") : text("heatMapRunning")) : "";
    if (slider.value !== String(this.settings.opacity)) slider.value = this.settings.opacity;
    this.#renderOpacity();
    this.#placeMap();
  }

  #renderOpacity() {
    const { slider, output, map } = this.parts;
    map.style.setProperty("--opacity", Number(slider.value) / 100);
    output.textContent = `${number(Number(slider.value))}%`;
  }

  /** Lays the map over what the network saw: where the server does not say, the middle square of the picture. */
  #placeMap() {
    const [width, height] = this.size ?? [1, 1];
    const side = Math.min(width, height);
    const [w, h] = [side / width, side / height];
    const region = this.maps.get(this.shownMap)?.region ?? [(1 - w) / 2, (1 - h) / 2, w, h];
    const { map } = this.parts;
    ["--x", "--y", "--w", "--h"].forEach((name, place) => map.style.setProperty(name, `${100 * region[place]}%`));
  }

  #renderFacts() {
    const milliseconds = this.milliseconds;
    const shown = {
      latency: milliseconds === undefined ? "" : text("milliseconds", duration(milliseconds)),
      size: this.size ? `${number(this.size[0])} × ${number(this.size[1])}` : "",
      bytes: fileSize(this.file.size),
    };
    for (const [key, value] of Object.entries(shown)) {
      const fact = this.parts.facts.querySelector(`.${key}`);
      fact.hidden = !value;
      fact.firstElementChild.textContent = text(key);
      fact.lastElementChild.textContent = value;
    }
    this.parts.facts.querySelector(".latency").title = this.answer ? text("inAll", duration(this.elapsed)) : "";
  }

  get milliseconds() {
    return typeof this.answer?.milliseconds === "number" ? this.answer.milliseconds : undefined;
  }
}

/** The part of the picture that a map covers, left, top, width and height in shares of the picture's sides. */
function regionOf(region) {
  const isRegion = Array.isArray(region) && region.length === 4 && region.every(Number.isFinite);
  return isRegion && region[2] > 0 && region[3] > 0 ? region : null;
}

function label(button, name) {
  button.setAttribute("aria-label", name);
  button.title = name;
}
