// The picture: what the server says of it, and how it is shown where the browser can't.

import { byId, make } from "./dom.js";
import { factsTable } from "./facts.js";
import { ask } from "./server.js";
import { state } from "./state.js";
import * as words from "./words.js";

/** What `/info` says of a picture. */
export async function infoOf(picture, query, signal) {
  const answer = await ask("info", { query, body: picture, key: state.key, signal });
  return JSON.parse(await answer.blob.text());
}

/** Shows that. */
export function tell(said) {
  state.said = said;
  const size = words.size(said.displayWidth ?? said.width, said.displayHeight ?? said.height);
  byId("source").replaceChildren(make("b", {}, state.picture.name),
    ` ${words.shown(said.type)} \u00b7 ${size} \u00b7 ${words.bytes(state.picture.size)}`);
  byId("facts-table").replaceChildren(factsTable(said));
  byId("facts").hidden = false;
}

/** A picture that any browser shows of one that this doesn't know. */
export async function preview(blob) {
  const can = state.table?.operations.some(({ path }) => path === "convert") && blob.size <= state.table.max_body;
  if (!can) throw new Error("it can't be converted here");
  const query = [["type", "png"], ["width", "1600"], ["enlarge", "false"]];
  return (await ask("convert", { query, body: blob, key: state.key })).blob;
}
