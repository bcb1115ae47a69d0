// On a narrow window the result may be out of sight: what came of it is told at the edge.

import { byId, make } from "./dom.js";

let text = "";
let inSight = false;

/** Tells this; nothing, where it is empty. */
export function peek(said, isWrong = false) {
  text = said;
  byId("peek").classList.toggle("wrong", isWrong);
  byId("peek").replaceChildren(make("span", {}, text), make("span", {}, "See"));
  show();
}

function show() {
  byId("peek").hidden = text === "" || inSight;
}

new IntersectionObserver(([entry]) => {
  inSight = entry.isIntersecting;
  show();
}).observe(byId("viewer"));
