// What `/info` says of a picture, as a table.

import { make, table } from "./dom.js";
import * as words from "./words.js";

const ORIENTATIONS = {
  0: "not stated", 1: "upright", 2: "mirrored", 3: "turned by 180\u00b0", 4: "mirrored, turned by 180\u00b0",
  5: "mirrored, turned by 270\u00b0", 6: "turned by 90\u00b0", 7: "mirrored, turned by 90\u00b0", 8: "turned by 270\u00b0",
};
const yes = (value) => (value ? "yes" : "no");

// In this order; what isn't here comes after it, by its own name.
const ROWS = [
  ["type", "Format", (type) => words.shown(type)],
  ["detail", "Kind", String],
  ["width", "Stored", (width, said) => `${words.size(width, said.height)} pixels`],
  ["displayWidth", "Shown", (width, said) => `${words.size(width, said.displayHeight)} pixels`],
  ["orientation", "Orientation", (value) => `${value ? `${value}: ` : ""}${ORIENTATIONS[value] ?? "unknown"}`],
  ["space", "Colours", (space, said) => `${space}, ${said.channels} channels, ${said.bitDepth} bit`],
  ["profile", "Profile", String],
  ["hasProfile", "Has a profile", yes],
  ["hasAlpha", "Has alpha", yes],
  ["progressive", "Progressive", yes],
  ["frames", "Frames", String],
  ["durationMs", "Lasts", words.time],
  ["plays", "Plays", (plays) => (plays === 0 ? "for ever" : `${plays} times`)],
];
const TOLD_WITH_OTHERS = ["height", "displayHeight", "channels", "bitDepth", "colors", "exif"];

/** The table. */
export function factsTable(said) {
  const known = ROWS.filter(([name]) => said[name] !== undefined && said[name] !== null)
    .map(([name, label, write]) => [label, write(said[name], said)]);
  const names = [...ROWS.map(([name]) => name), ...TOLD_WITH_OTHERS];
  const others = Object.entries(said).filter(([name, value]) => !names.includes(name) && value !== null)
    .map(([name, value]) => [name, String(value)]);
  const exif = Object.entries(said.exif ?? {}).map(([name, value]) => [`EXIF ${name}`, value === true ? "yes" : String(value)]);
  const rows = [...known, ...others, ...exif];
  if (said.colors?.length) rows.push(["Main colours", swatches(said.colors)]);
  return table("What the picture is", undefined, rows);
}

function swatches(colors) {
  return make("ul", { class: "swatches" }, colors.map(({ color, share }) => {
    const patch = make("span", { class: "patch", "aria-hidden": "true" });
    patch.style.backgroundColor = color;
    return make("li", {}, patch, `${color} ${Math.round(share * 100)} %`);
  }));
}
