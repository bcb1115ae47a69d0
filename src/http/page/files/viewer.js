// The picture before and after: one over the other with a slider between them, side by side, or the new one alone.

import { make, slot } from "./dom.js";
import * as words from "./words.js";

const VIEWS = [["slider", "Slider"], ["beside", "Side by side"], ["after", "After"]];

// Narrower, a picture would be hard to see.
const NARROW = 420;

/**
 * A viewer in `container`, with its choice of views in `bar`. `preview` makes a picture that a browser can show of one that it can't,
 * or fails.
 */
export function viewer(container, bar, preview) {
  const sides = { before: slot(), after: slot() };
  const state = { before: undefined, after: undefined, wish: undefined, split: 50 };
  const buttons = VIEWS.map(([view, label]) => make("button", {
    type: "button", "data-view": view, onclick: () => { state.wish = view; render(); },
  }, label));
  bar.replaceChildren(...buttons);

  const render = () => {
    const { before, after } = state;
    const alike = before && after && sameShape(before, after);
    const view = after && (state.wish === "slider" && !alike ? "beside" : state.wish ?? (alike ? "slider" : "beside"));
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
      button.disabled = !after || (button.dataset.view === "slider" && !alike);
    }
    container.dataset.view = view ?? "one";
    if (!before) container.replaceChildren(EMPTY());
    else if (!after) container.replaceChildren(pane("Before", before));
    else if (view === "slider") container.replaceChildren(compare(before, after, state));
    else if (view === "after") container.replaceChildren(pane("After", after));
    else container.replaceChildren(pane("Before", before), pane("After", after));
  };

  // The newest of a side counts, however long others take to be decoded.
  const load = async (side, blob, name) => {
    const mine = Symbol(name);
    state[`${side}Turn`] = mine;
    const shown = await showable(blob, preview);
    if (state[`${side}Turn`] !== mine) return;
    state[side] = { ...shown, name, bytes: blob.size, url: shown.blob && sides[side].put(shown.blob) };
    render();
  };
  const drop = (side) => {
    state[`${side}Turn`] = undefined;
    sides[side].clear();
    state[side] = undefined;
  };
  render();
  return {
    before(blob, name) {
      drop("after");
      return load("before", blob, name);
    },
    after: (blob, name) => load("after", blob, name),
    forget() {
      drop("after");
      render();
    },
  };
}

const EMPTY = () => make("p", { class: "empty quiet" }, "Choose a picture, or take a sample, and it is shown here as it was and as it becomes.");

function sameShape(before, after) {
  const ratio = (side) => side.width / side.height;
  return Math.abs(ratio(before) / ratio(after) - 1) < 0.015;
}

// Not every browser shows TIFF, PSD or JPEG XL: this server can say them in PNG.
async function showable(blob, preview) {
  const size = await decoded(blob);
  if (size) return { blob, ...size };
  try {
    const made = await preview(blob);
    const madeSize = await decoded(made);
    if (madeSize) return { blob: made, isPreview: true, ...madeSize };
  } catch {
    // There is no picture of it, then.
  }
  return { blob: undefined, width: 4, height: 3 };
}

async function decoded(blob) {
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return { width: image.naturalWidth || 300, height: image.naturalHeight || 150 };
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function pane(label, side) {
  const caption = make("figcaption", {}, make("span", { class: "tag" }, label), side.isPreview ? " shown as PNG" : "");
  if (!side.url) return make("figure", { class: "pane" }, make("p", { class: "empty quiet" }, "This browser can\u2019t show this format. Download it to see it."), caption);
  const image = make("img", { src: side.url, alt: described(label, side), class: "checks" });
  const figure = make("figure", { class: "pane" }, image, caption);
  shape(image, side);
  return figure;
}

// As large as it is, unless that is too little to see, or more than there is room for.
function shape(element, { width, height }) {
  element.style.setProperty("--ratio", String(width / height));
  element.style.setProperty("--width", `${Math.max(width, NARROW)}px`);
}

const described = (label, side) => `${label}: ${side.name}, ${words.size(side.width, side.height)} pixels`;

function compare(before, after, state) {
  const frame = make("div", { class: "compare checks" },
    make("img", { src: after.url, alt: described("After", after) }),
    make("div", { class: "over checks" }, make("img", { src: before.url, alt: described("Before", before) })),
    make("span", { class: "tag start", "aria-hidden": "true" }, "Before"),
    make("span", { class: "tag end", "aria-hidden": "true" }, "After"),
    make("span", { class: "edge", "aria-hidden": "true" }));
  const range = make("input", {
    type: "range", min: "0", max: "100", step: "0.5", value: String(state.split), class: "split",
    "aria-label": "How much of the picture before is shown, in percent",
  });
  const move = () => {
    state.split = Number(range.value);
    frame.style.setProperty("--split", `${state.split}%`);
  };
  range.addEventListener("input", move);
  frame.prepend(range);
  shape(frame, after);
  move();
  return frame;
}
