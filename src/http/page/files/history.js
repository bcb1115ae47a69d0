// The requests of this visit, the newest first, those that were given up among them.

import { table } from "./dom.js";
import * as words from "./words.js";

const KEPT = 8;

/** Lists requests in `container`, which is below `section`; returns what adds one, and then says how it ended. */
export function history(section, container) {
  const entries = [];
  const render = () => {
    section.hidden = entries.length === 0;
    const rows = entries.map(({ what, outcome, ms, size }) => [what, outcome, ms === undefined ? "" : words.time(ms), size ?? ""]);
    container.replaceChildren(table("Requests, the newest first", ["Request", "Answer", "Time", "Bytes"], rows));
  };
  return (what) => {
    const entry = { what, outcome: "under way" };
    const start = performance.now();
    entries.unshift(entry);
    entries.length = Math.min(entries.length, KEPT);
    render();
    return (outcome, size) => {
      Object.assign(entry, { outcome, ms: performance.now() - start, size: size === undefined ? "" : words.bytes(size) });
      render();
    };
  };
}
