// What came of a request, in figures: sizes, times, or a problem.

import { copier, make } from "./dom.js";
import * as words from "./words.js";

const STAGES = {
  recv: "receive", queue: "wait", fetch: "fetch", decode: "decode", resize: "resize", encode: "encode",
};

/** The figures of an answer; `before` is the picture as it was sent, `link` where the answer can be downloaded. */
export function figures(before, answer, link) {
  const format = words.format(answer.type);
  const was = [words.shown(before.format ?? ""), before.width && words.size(before.width, before.height)].filter(Boolean);
  const is = [words.shown(format), words.size(answer.width, answer.height)];
  return [
    make("dl", { class: "figures" },
      figure("Before", words.bytes(before.bytes), was.join(" \u00b7 ")),
      figure("After", `${words.bytes(answer.blob.size)}  ${words.change(before.bytes, answer.blob.size)}`, is.join(" \u00b7 ")),
      figure("On the server", words.time(total(answer.stages)), "from head to answer"),
      figure("From here", words.time(answer.roundTrip), "there and back")),
    times(answer.stages),
    make("div", { class: "row spread" },
      identified(answer.requestId),
      make("a", { class: "button", href: link, download: `result.${words.ending(format)}` }, "Download")),
  ];
}

const figure = (name, value, beside) => make("div", {}, make("dt", {}, name), make("dd", {}, value),
  beside ? make("dd", { class: "quiet" }, beside) : undefined);

const total = (stages) => stages.find(({ name }) => name === "total")?.ms ?? 0;

// A bar of the stages' shares, and the same in words: colours alone say nothing.
function times(stages) {
  const parts = stages.filter(({ name }) => name !== "total");
  if (parts.length === 0) return undefined;
  const bar = make("div", { class: "bar", "aria-hidden": "true" }, parts.map(({ name, ms }) => {
    const part = make("span", { "data-stage": name });
    part.style.flexGrow = String(Math.max(ms, 0.001));
    return part;
  }));
  const list = make("ul", { class: "stages", "aria-label": "Time by stage" }, parts.map(({ name, ms }) =>
    make("li", { "data-stage": name }, STAGES[name] ?? name, make("b", {}, words.time(ms)))));
  return make("div", { class: "times" }, bar, list);
}

const identified = (id) => (id ? make("p", { class: "identity quiet" }, "Request ", make("code", {}, id), " ", copier("Copy id", () => id)) : make("p"));

/** One sentence for who listens. */
export function sentence(operation, answer) {
  const format = words.shown(words.format(answer.type));
  const size = words.size(answer.width, answer.height);
  return `${operation.name}: ${format}, ${size}, ${words.bytes(answer.blob.size)}, in ${words.time(total(answer.stages))}.`;
}

/** A problem as what it is; `hint` is a promise of what to do about it, and `again` sends the same once more. */
export function problemCard(problem, hint, again) {
  const advice = make("p", { class: "advice" });
  hint.then((text) => { advice.textContent = text; });
  const facts = [["limit", problem.limit], ["actual", problem.actual]].filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}${problem.unit ? ` ${problem.unit}` : ""}`);
  return make("div", { class: "problem", role: "alert" },
    make("p", { class: "problem-title" }, make("span", { class: "status-code" }, problem.status || "!"), problem.title),
    make("p", {}, problem.detail),
    facts.length ? make("p", { class: "quiet" }, facts.join(", ")) : undefined,
    advice,
    problem.retryAfter ? retry(problem.retryAfter, again) : undefined,
    identified(problem.requestId));
}

function retry(seconds, again) {
  const button = make("button", { type: "button", class: "button strong", disabled: true, onclick: again });
  // Else who listens would hear every second of it.
  const told = make("p", { class: "row", "aria-live": "off" }, button);
  let left = Math.ceil(seconds);
  const tick = () => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Try again in ${left} s` : "Try again";
    left -= 1;
    if (left < 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
  return told;
}
