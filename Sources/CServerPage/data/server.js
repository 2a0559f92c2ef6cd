// Requests to the server that this page came from: its models, and what is in a picture.

/** A request that failed: its HTTP status, 0 where the server was not reached, or a word of the page's own. */
export class RequestError extends Error {
  constructor(status, message = "", retryAfter = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const tokenKey = "densenet-token";

// A browser may deny storage altogether.
export function remember(storage, key, value) {
  try {
    window[storage].setItem(key, value);
  } catch {}
}

export function recall(storage, key) {
  try {
    return window[storage].getItem(key) ?? "";
  } catch {
    return "";
  }
}

let token = recall("sessionStorage", tokenKey);

/** Whether the text can be a token: others no header can carry. */
export function setToken(value) {
  if (!/^[\x21-\x7e]+$/.test(value)) return false;
  token = value;
  remember("sessionStorage", tokenKey, value);
  return true;
}

export function hasToken() {
  return token !== "";
}

async function request(path, options = {}) {
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new RequestError(0);
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    options.signal?.throwIfAborted();
  }
  if (!response.ok) {
    throw new RequestError(response.status, typeof body?.error === "string" ? body.error : "", retryAfter(response));
  }
  if (body === null || typeof body !== "object") throw new RequestError("Answer");
  return body;
}

/** The seconds that the server asks to wait, or null; it may give a time of day instead. */
function retryAfter(response) {
  const header = response.headers.get("Retry-After");
  if (!header) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0.2), 60) : null;
}

/** The names of the models. */
export async function models() {
  const answer = await request("v2/models");
  const names = (answer.models ?? []).map((model) => (typeof model === "string" ? model : model?.name));
  return names.filter((name) => typeof name === "string" && name);
}

/** What the server says of a model: `classes`, `kind`, `thresholds`, each of which may be missing. */
export async function modelFacts(name, signal) {
  const answer = await request(`v2/models/${encodeURIComponent(name)}`, { signal });
  const facts = answer.parameters ?? {};
  return {
    classes: Array.isArray(facts.classes) ? facts.classes.map(String) : null,
    kind: facts.kind === "labels" ? "labels" : "classes",
    thresholds: Array.isArray(facts.thresholds) ? facts.thresholds : [],
  };
}

/** Lets a few requests pass at a time, in order, and none while the server asks to wait. */
class Gate {
  #limit;
  #running = 0;
  #waiting = [];
  #closedUntil = 0;

  constructor(limit) {
    this.#limit = limit;
  }

  async enter(signal, isUrgent) {
    signal.throwIfAborted();
    await new Promise((resolve, reject) => {
      const entry = { resolve };
      if (isUrgent) this.#waiting.unshift(entry);
      else this.#waiting.push(entry);
      signal.addEventListener("abort", () => {
        const index = this.#waiting.indexOf(entry);
        if (index < 0) return;
        this.#waiting.splice(index, 1);
        reject(signal.reason);
      });
      this.#open();
    });
  }

  leave() {
    this.#running -= 1;
    this.#open();
  }

  close(seconds) {
    this.#closedUntil = Math.max(this.#closedUntil, performance.now() + seconds * 1000);
    setTimeout(() => this.#open(), seconds * 1000 + 5);
  }

  #open() {
    while (this.#running < this.#limit && this.#waiting.length && performance.now() >= this.#closedUntil) {
      this.#running += 1;
      this.#waiting.shift().resolve();
    }
  }
}

const gate = new Gate(4);
const attempts = 8;

/**
 * What is in a picture. `query` has the URL's parameters; `events.started` is told when the request leaves, and
 * `events.delayed` for how many seconds the server puts it off.
 */
export async function predict(file, query, signal, events = {}) {
  const path = `predict?${new URLSearchParams(query)}`;
  for (let attempt = 1; ; attempt += 1) {
    await gate.enter(signal, "cam" in query);
    try {
      signal.throwIfAborted();
      await check(file);
      events.started?.();
      const begin = performance.now();
      const answer = await request(path, {
        method: "POST",
        body: file,
        headers: { "Content-Type": "application/octet-stream" },
        signal,
      });
      return { answer, elapsed: performance.now() - begin };
    } catch (error) {
      if (error.status !== 503 || error.retryAfter === null || attempt === attempts) throw error;
      gate.close(error.retryAfter);
      events.delayed?.(error.retryAfter);
    } finally {
      gate.leave();
    }
  }
}

// A folder, or a file that has gone, would else look like a server that is not there.
async function check(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    throw new RequestError("File");
  }
}
