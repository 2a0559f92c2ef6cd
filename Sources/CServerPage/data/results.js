// What the server found in a picture, as rows of bars. Names come from a model's file: they are only ever text.

import { percent, shortPercent, text } from "./texts.js";

const finite = (value, otherwise) => (typeof value === "number" && Number.isFinite(value) ? value : otherwise);
const part = (value) => Math.min(Math.max(finite(value, 0), 0), 1);

/**
 * The answer's classes or labels, as `{name, index, probability}`; labels have `decision` and `threshold` too, and
 * those that apply come first.
 */
export function entriesOf(answer, facts) {
  if (Array.isArray(answer.labels)) {
    const entries = answer.labels.map((label, position) => {
      const name = String(label?.label ?? label?.class ?? position);
      const index = finite(label?.index, position);
      const threshold = finite(label?.threshold, finite(facts?.thresholds[index], 0.5));
      const probability = part(label?.probability);
      const decision = typeof label?.decision === "boolean" ? label.decision : probability >= threshold;
      return { name, index, probability, decision, threshold: part(threshold) };
    });
    return entries.sort((a, b) => b.decision - a.decision || b.probability - a.probability);
  }
  if (!Array.isArray(answer.predictions)) return null;
  return answer.predictions.map((prediction, position) => ({
    name: String(prediction?.class ?? prediction?.index ?? position),
    index: finite(prediction?.index, position),
    probability: part(prediction?.probability),
  }));
}

/** One line that says what was found, for those who hear the page. */
export function inWords(entries) {
  const isLabels = entries[0]?.decision !== undefined;
  if (!isLabels) return entries.slice(0, 1).map((entry) => `${entry.name}, ${percent(entry.probability)}`).join("");
  const found = entries.filter((entry) => entry.decision);
  const names = found.map((entry) => entry.name).join(", ");
  return text("labelsLegend", found.length, entries.length) + (names && `: ${names}`);
}

/** A row: a radio button that asks for the class's heat map, its name, its probability, and a bar. */
export function row(entry, group, isChosen) {
  const item = element("li");
  const label = element("label", "row");
  const choice = element("input", "hidden");
  choice.type = "radio";
  choice.name = group;
  choice.value = String(entry.index);
  choice.checked = isChosen;
  const name = element("span", "name", entry.name);
  name.title = entry.name;
  name.dir = "auto";
  label.append(choice, name, element("span", "value", percent(entry.probability)));
  if (entry.decision !== undefined) {
    label.classList.add(entry.decision ? "applies" : "fails");
    choice.after(mark(entry.decision));
    label.append(element("span", "threshold", `${entry.decision ? "≥" : "<"} ${shortPercent(entry.threshold)}`));
  }
  label.append(bar(entry));
  item.append(label);
  return item;
}

/** Whether a label applies: a tick or a dash to the eye, a word to the ear. */
function mark(decision) {
  const sign = element("span", "sign", decision ? "✓" : "–");
  sign.setAttribute("aria-hidden", "true");
  const made = element("span", "decision");
  made.title = text(decision ? "yes" : "no");
  made.append(sign, element("span", "hidden", made.title));
  return made;
}

function bar(entry) {
  const track = element("span", "bar");
  track.setAttribute("aria-hidden", "true");
  track.style.setProperty("--part", `${entry.probability * 100}%`);
  track.append(element("span", "fill"));
  if (entry.threshold !== undefined) {
    track.style.setProperty("--threshold", `${entry.threshold * 100}%`);
    track.append(element("span", "tick"));
  }
  return track;
}

function element(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}
