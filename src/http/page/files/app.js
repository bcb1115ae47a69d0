// The page: a picture, an operation, and what comes of them.

import { arrivals } from "./arrivals.js";
import { tabs } from "./code.js";
import { byId, make, slot } from "./dom.js";
import * as form from "./form.js";
import { history } from "./history.js";
import { lock, locked, unlocked } from "./lock.js";
import * as order from "./order.js";
import { peek } from "./peek.js";
import { infoOf, preview, tell } from "./picture.js";
import { figures, problemCard, sentence } from "./result.js";
import { sample } from "./samples.js";
import { Failure, address, advice, ask } from "./server.js";
import { state } from "./state.js";
import { themed } from "./theme.js";
import { viewer } from "./viewer.js";
import * as words from "./words.js";

// Nothing is sent while a slider moves, but soon after it rests.
const REST = 250;

const show = viewer(byId("viewer"), byId("views"), preview);
const code = tabs(byId("code"));
const record = history(byId("history"), byId("history-table"));
const download = slot();
// Of the question what the picture is.
let looking = new AbortController();

// ---- the server's table ----

async function begin() {
  try {
    const answer = await ask("page/operations.json", { key: state.key });
    state.table = JSON.parse(await answer.blob.text());
  } catch (error) {
    refused(error);
    return;
  }
  opened();
  // The address may name an operation, and its values.
  adopt(order.read(location.hash));
  if (state.picture && state.operation) look();
}

function refused(error) {
  const problem = error instanceof Failure ? error.problem : { detail: String(error) };
  if (problem.status === 401) locked(state.key !== "");
  else notify(`The table of operations didn't come: ${problem.detail}`);
}

function opened() {
  const { version, signed, off } = state.table;
  unlocked();
  byId("version").textContent = version;
  for (const name of off) document.querySelector(`nav [href$="${name}"]`)?.remove();
  if (signed) notify("This server wants signed URLs, and a page can't sign them: what is sent from here is refused.");
}

function notify(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

// ---- the choice ----

function adopt(choice) {
  const { operations } = state.table;
  if (operations.length === 0) {
    notify("All operations of this server are switched off.");
    return;
  }
  const operation = operations.find(({ name }) => name === choice?.name) ?? operations[0];
  if (choice?.pairs.length && operation.name === choice.name) {
    state.values.set(operation.name, new Map(choice.pairs.map(([name, value]) => [name, order.spread(name, value)])));
  }
  byId("order").hidden = false;
  byId("code-section").hidden = false;
  byId("operations").replaceChildren(...form.operations(operations, operation, pick));
  pick(operation);
}

function pick(operation) {
  state.operation = operation;
  if (!state.values.has(operation.name)) {
    const example = Object.entries(operation.example);
    state.values.set(operation.name, new Map(example.map(([name, value]) => [name, order.spread(name, value)])));
  }
  byId("about").replaceChildren(...told(operation.about));
  fill();
  if (operation.needs_mark && !state.mark) sample("mark").then(takeMark);
  else changed(0);
}

// What is between backquotes is a name.
const told = (text) => text.split("`").map((piece, index) => (index % 2 ? make("code", {}, piece) : piece));

const taken = () => state.operation.parameters.map((name) => state.table.parameters.find((row) => row.name === name));
const values = () => state.values.get(state.operation.name);
const drawn = () => order.drawn(state.operation, values(), state.mark);
const pairs = () => order.query(state.operation, taken(), values());

function fill() {
  const side = Math.max(state.said.displayWidth ?? 0, state.said.displayHeight ?? 0, 800) * 2;
  const context = { values: values(), side, onchange: () => changed(REST), markField };
  form.fill(byId("fields"), state.operation, taken(), context);
}

function markField() {
  const input = make("input", { type: "file", id: "mark", class: "unseen", "aria-describedby": "mark-about" });
  input.addEventListener("change", () => takeMark(input.files[0]));
  const about = state.operation.needs_mark ? "The picture that is drawn over the other." : "A picture for a step watermarkImage to draw.";
  return make("div", { class: "field", "data-name": "image" },
    make("div", { class: "row" },
      make("label", { for: "mark", class: "button" }, "Choose what to draw"), input,
      make("span", { id: "mark-name", class: "quiet" }, state.mark?.name ?? "none yet")),
    make("p", { class: "hint", id: "mark-about" }, about),
    make("p", { class: "field-error" }));
}

function takeMark(file) {
  if (!file) return;
  state.mark = file;
  if (byId("mark-name")) byId("mark-name").textContent = file.name;
  changed(0);
}

let waiting;
function changed(rest) {
  clearTimeout(waiting);
  // What was to come after that wait doesn't.
  if (!state.controller) busy(false);
  window.history.replaceState(null, "", order.written(state.operation, pairs()));
  describe();
  if (!byId("live").checked || !state.picture) return;
  // What is under way would answer a question that nobody asks any more.
  giveUp();
  busy(true);
  waiting = setTimeout(run, rest);
}

function describe() {
  const query = pairs();
  const type = new Map(query).get("type");
  const kind = type && type !== "auto" ? type : words.format(state.answer?.type) || "jpeg";
  code({
    url: address(state.operation.path, query).href,
    file: state.picture?.name ?? "photo.jpg",
    mark: drawn()?.name,
    accept: order.accept(query),
    locked: Boolean(state.key),
    result: `result.${words.ending(kind)}`,
  });
}

// ---- the picture ----

async function take(file) {
  if (!file) return;
  state.picture = file;
  state.said = {};
  state.answer = undefined;
  giveUp();
  byId("source").replaceChildren(make("b", {}, state.picture.name), ` ${words.bytes(file.size)}`);
  byId("facts").hidden = true;
  clear();
  show.before(file, state.picture.name);
  if (state.operation) await look();
}

// What it is comes first: sliders go as far as its sides.
async function look() {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  changed(0);
  if (!state.table.info || state.picture.size > state.table.max_body) return;
  try {
    const said = await infoOf(state.picture, [], signal);
    tell(said);
    if (document.activeElement?.closest?.("#fields") === null) fill();
    // Colours take pixels: they may come later, or not at all.
    const more = await infoOf(state.picture, [["colors", "5"]], signal);
    if (more.colors) tell(more);
  } catch (error) {
    // The operation's own answer says what is wrong with the picture.
    if (error.name !== "AbortError" && !(error instanceof Failure)) throw error;
  }
}

// ---- the request ----

async function run() {
  clearTimeout(waiting);
  if (!state.picture || !state.operation) {
    byId("status").textContent = state.operation ? "Choose a picture first." : "There is nothing to do yet.";
    return;
  }
  giveUp();
  const controller = new AbortController();
  state.controller = controller;
  const { operation, picture } = state;
  const query = pairs();
  const end = record(`POST /${operation.path}${query.length ? `?${new URLSearchParams(query)}` : ""}`);
  busy(true);
  try {
    tooLarge(picture);
    const answer = await ask(operation.path, {
      query, body: order.body(picture, drawn()), key: state.key, accept: order.accept(query), signal: controller.signal,
    });
    end("200", answer.blob.size);
    if (state.controller === controller) await succeeded(operation, answer);
  } catch (error) {
    end(error.name === "AbortError" ? "given up" : String(error.problem?.status || "no answer"));
    if (state.controller === controller && error.name !== "AbortError") failed(error);
  } finally {
    if (state.controller === controller) {
      state.controller = undefined;
      busy(false);
    }
  }
}

// The server would close the connection, of which a browser tells nothing.
function tooLarge(picture) {
  const limit = state.table.max_body;
  if (picture.size <= limit) return;
  throw new Failure({
    title: "The upload is too large", status: 413, code: "body-too-large", limit, actual: picture.size, unit: "bytes",
    detail: `The picture has ${words.bytes(picture.size)}; this server takes up to ${words.bytes(limit)}.`, requestId: "",
  });
}

async function succeeded(operation, answer) {
  state.answer = answer;
  clear();
  const { said, picture } = state;
  const before = {
    format: said.type ?? words.format(picture.type), width: said.displayWidth, height: said.displayHeight, bytes: picture.size,
  };
  byId("figures").replaceChildren(...figures(before, answer, download.put(answer.blob)).filter(Boolean));
  byId("status").textContent = sentence(operation, answer);
  peek(`${words.shown(words.format(answer.type))}, ${words.bytes(answer.blob.size)}`);
  describe();
  await show.after(answer.blob, operation.name);
}

function failed(error) {
  // Whatever else it is, it is a fault of this page.
  const problem = error.problem ?? { title: "The page failed", detail: String(error), status: 0 };
  state.answer = undefined;
  clear();
  show.forget();
  form.mark(byId("fields"), problem);
  peek(problem.title, true);
  byId("problem").replaceChildren(problemCard(problem, advice(problem.code, state.key), run));
  if (problem.status === 401) locked(state.key !== "");
}

function clear() {
  form.mark(byId("fields"), undefined);
  byId("problem").replaceChildren();
  byId("figures").replaceChildren();
  byId("status").textContent = "";
  download.clear();
  peek("");
}

function giveUp() {
  state.controller?.abort();
  state.controller = undefined;
  busy(false);
}

function busy(isBusy) {
  state.isBusy = isBusy;
  byId("viewer").setAttribute("aria-busy", String(isBusy));
  byId("run").textContent = isBusy ? "Stop" : "Run";
}

// ---- what the person does ----

byId("order").addEventListener("submit", (event) => {
  event.preventDefault();
  // Who presses Enter in a field wants the answer, not the end of it.
  if (!state.isBusy || document.activeElement !== byId("run")) {
    run();
    return;
  }
  clearTimeout(waiting);
  giveUp();
  byId("status").textContent = "Stopped, and the server stops, too.";
});
byId("live").addEventListener("change", () => state.operation && changed(0));
window.addEventListener("hashchange", () => state.table && adopt(order.read(location.hash)));

arrivals(take);
themed(byId("theme"));
lock((key) => {
  state.key = key;
  begin();
});
