// The page's wiring: models, languages, the token, and pictures that are dropped, pasted or chosen.

import { Card } from "./card.js";
import { hasToken, modelFacts, models, recall, remember, setToken } from "./server.js";
import { duration, errorText, number, preferredLanguage, setLanguage, text } from "./texts.js";

const parts = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const settings = { model: "", facts: null, top: 5, opacity: "50" };
let cards = [];
let names = [];
let pasted = 0;
let trouble = null;

// Languages

function render() {
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
  parts.language.textContent = text("otherLanguage");
  parts.language.lang = text("otherLanguageCode");
  renderModel();
  renderTrouble();
  renderSummary();
  for (const card of cards) card.render();
}

function renderModel() {
  const { facts } = settings;
  parts.title.textContent = settings.model || "densenet";
  document.title = settings.model ? `${settings.model} · densenet` : "densenet";
  const count = facts?.classes?.length;
  const kind = facts?.kind === "labels" ? "labelCount" : "classCount";
  const about = ["densenet", ...(count ? [text(kind, number(count))] : [])].join(" · ");
  parts.subtitle.textContent = settings.model ? about : "";
  parts.footer.classList.toggle("ready", Boolean(settings.model));
  parts["top-choice"].hidden = !settings.model || facts?.kind === "labels";
  const query = new URLSearchParams({ model: settings.model, top: settings.top }).toString().replaceAll("'", "%27");
  const header = hasToken() ? ' -H "Authorization: Bearer $TOKEN"' : "";
  const address = new URL("predict", location.href);
  parts.command.textContent = `curl${header} --data-binary @picture.jpg \\\n  '${address}?${query}'`;
}

parts.language.addEventListener("click", () => {
  setLanguage(parts.language.lang);
  remember("localStorage", "densenet-language", parts.language.lang);
  render();
});

// Models and the token

async function start() {
  show(null);
  try {
    names = await models();
  } catch (error) {
    return error.status === 401 ? askForToken() : show(error);
  }
  parts["token-form"].hidden = true;
  parts.drop.hidden = false;
  if (!names.length) return show({ status: "none" });
  parts.model.replaceChildren(...names.map((name) => new Option(name, name)));
  parts["model-choice"].hidden = names.length < 2;
  await choose(names.includes(settings.model) ? settings.model : names[0]);
}

/** Asks a model about the pictures. Without what the server says of the model the page still works. */
async function choose(name) {
  Object.assign(settings, { model: name, facts: null });
  parts.model.value = name;
  for (const card of cards) card.reset();
  let facts = null;
  try {
    facts = await modelFacts(name);
  } catch (error) {
    if (error.status === 401) return askForToken();
  }
  if (settings.model !== name) return;
  settings.facts = facts;
  renderModel();
  for (const card of cards) card.classify();
}

function askForToken() {
  parts["token-error"].textContent = hasToken() ? text("tokenWrong") : "";
  if (parts["token-form"].hidden) {
    parts["token-form"].hidden = false;
    parts.drop.hidden = !cards.length;
    parts.token.focus();
  }
}

function show(error) {
  trouble = error;
  renderTrouble();
}

function renderTrouble() {
  parts.trouble.hidden = !trouble;
  if (!trouble) return;
  parts["trouble-title"].textContent = trouble.status === "none" ? text("noModels") : errorText(trouble.status);
  parts["trouble-text"].textContent = trouble.message ?? "";
}

parts.reload.addEventListener("click", start);
parts.model.addEventListener("change", () => choose(parts.model.value));
parts.top.addEventListener("change", () => {
  settings.top = Number(parts.top.value);
  renderModel();
  for (const card of cards) card.render();
});
parts["token-form"].addEventListener("submit", async (event) => {
  event.preventDefault();
  parts["token-error"].textContent = "";
  if (!setToken(parts.token.value.trim())) {
    parts["token-error"].textContent = text("tokenWrong");
    return;
  }
  parts.token.value = "";
  await start();
  (parts["token-form"].hidden ? parts.files : parts.token).focus();
});

// Pictures

function add(files) {
  const fresh = files.map((file) => {
    const name = file.pasted ? text("pasted", number((pasted += 1))) : file.file.name;
    return new Card(file.file, name, settings, { changed: finished, removed: discard });
  });
  if (!fresh.length) return;
  parts.cards.prepend(...fresh.map((card) => card.element));
  cards = [...fresh, ...cards];
  renderSummary();
  if (settings.model) for (const card of fresh) card.classify();
}

function discard(card) {
  const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
  card.discard();
  cards = cards.filter((other) => other !== card);
  (next?.querySelector(".remove") ?? parts.files).focus();
  announce(text("removed", card.name));
  renderSummary();
}

parts.clear.addEventListener("click", () => {
  for (const card of cards) card.discard();
  cards = [];
  renderSummary();
  parts.files.focus();
});

let unsaid = [];
let timer = 0;

function finished(card) {
  if (card.lacksToken) askForToken();
  renderSummary();
  unsaid.push(card);
  // Pictures that are ready within a moment are announced together.
  clearTimeout(timer);
  timer = setTimeout(() => {
    const done = cards.filter((card) => card.state === "done" || card.state === "failed").length;
    announce(unsaid.length === 1
      ? text("announceOne", unsaid[0].name, unsaid[0].inWords)
      : text("announceMany", number(done), number(cards.length)));
    unsaid = [];
  }, 400);
}

function announce(message) {
  parts.announcer.textContent = message;
}

function renderSummary() {
  const times = cards.map((card) => card.milliseconds).filter(Number.isFinite).sort((a, b) => a - b);
  const median = times.length ? (times[(times.length - 1) >> 1] + times[times.length >> 1]) / 2 : null;
  parts["summary-line"].hidden = cards.length < 2;
  parts.summary.textContent = text("summary", number(cards.length), median === null ? "" : duration(median));
  parts.cards.classList.toggle("single", cards.length === 1);
  document.body.classList.toggle("has-pictures", cards.length > 0);
}

parts.files.addEventListener("change", () => {
  add([...parts.files.files].map((file) => ({ file })));
  parts.files.value = "";
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  add(files.map((file) => ({ file, pasted: /^image\.\w+$/.test(file.name) })));
});

// The whole page takes what is dropped; anything else a browser would open in its place.
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;

function over(change) {
  depth = Math.max(0, change === 0 ? 0 : depth + change);
  document.body.classList.toggle("dragging", depth > 0);
}

document.addEventListener("dragenter", (event) => hasFiles(event) && over(1));
document.addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  over(0);
  add([...event.dataTransfer.files].map((file) => ({ file })));
});

setLanguage(preferredLanguage(recall("localStorage", "densenet-language"), navigator.languages));
render();
start();
