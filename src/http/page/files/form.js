// The form, made from what the server says of its operations and parameters.

import { make } from "./dom.js";

/** A choice among all operations, in groups; `onpick` gets the one that is picked. */
export function operations(list, chosen, onpick) {
  const groups = grouped(list);
  return [...groups].map(([group, members]) => make("div", { class: "group", role: "group", "aria-label": group },
    make("p", { class: "group-name", "aria-hidden": "true" }, group),
    make("div", { class: "row" }, members.map((operation) => make("label", { class: "pill" },
      make("input", {
        type: "radio", name: "operation", value: operation.name, checked: operation.name === chosen.name,
        onchange: () => onpick(operation),
      }),
      make("span", {}, operation.name))))));
}

// By the group that each is in, in the order in which groups come.
function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}

/**
 * Puts fields for what an operation takes into `container`: what it begins with in sight, all others folded away, but for folds that
 * were open before. `context` has the `values` by name, which are changed in place, the picture's `side`, and `onchange`.
 */
export function fill(container, operation, parameters, context) {
  const open = [...container.querySelectorAll("details[open]")].map((fold) => fold.dataset.group);
  const first = parameters.filter(({ name }) => operation.first.includes(name));
  first.sort((a, b) => operation.first.indexOf(a.name) - operation.first.indexOf(b.name));
  const others = parameters.filter(({ name }) => !operation.first.includes(name));
  const counts = [];
  const onchange = () => {
    counts.forEach(([count, members]) => { count.textContent = given(members, context.values); });
    context.onchange();
  };
  const counting = { ...context, onchange };
  const made = first.map((parameter) => field(parameter, counting));
  if (operation.draws) made.unshift(context.markField());
  const folded = [...grouped(others)].map(([group, members]) => {
    const count = make("span", { class: "count quiet" }, given(members, context.values));
    counts.push([count, members]);
    return make("details", { class: "more", "data-group": group, open: open.includes(group) },
      make("summary", {}, group, count),
      make("div", { class: "fields" }, members.map((parameter) => field(parameter, counting))));
  });
  const nothing = make("p", { class: "quiet" }, "It needs nothing more.");
  container.replaceChildren(...(made.length ? made : [nothing]), ...folded);
}

const given = (members, values) => {
  const count = members.filter(({ name }) => values.get(name)).length;
  return count ? ` ${count} of ${members.length} given` : ` ${members.length}`;
};

function field(parameter, context) {
  const { name, about, allowed, fallback } = parameter;
  const id = `p-${name}`;
  const set = (value) => {
    if (value === "") context.values.delete(name);
    else context.values.set(name, value);
    context.onchange();
  };
  const described = `${id}-about ${id}-allowed ${id}-error`;
  const control = (CONTROLS[parameter.field] ?? CONTROLS.word)(
    parameter, { id, value: context.values.get(name) ?? "", described, set, side: context.side });
  const isCheck = control.matches?.("input[type=checkbox]");
  const label = make("label", { for: id, class: isCheck ? "check" : "name" }, isCheck ? control : undefined, name);
  return make("div", { class: "field", "data-name": name },
    label, isCheck ? undefined : control,
    make("p", { class: "hint", id: `${id}-about` }, about),
    make("p", { class: "hint allowed", id: `${id}-allowed` }, `${allowed}; default: ${fallback}`),
    make("p", { class: "field-error", id: `${id}-error` }));
}

const CONTROLS = {
  number,
  boolean(parameter, given) {
    if (parameter.usual !== "false") return choice({ ...parameter, words: ["true", "false"] }, given);
    const { id, value, described, set } = given;
    const box = make("input", { type: "checkbox", id, checked: value === "true", "aria-describedby": described });
    box.addEventListener("change", () => set(box.checked ? "true" : ""));
    return box;
  },
  choice,
  colour(parameter, given) {
    const input = word(parameter, given);
    const picker = make("input", { type: "color", "aria-label": `${parameter.name}, picked`, value: hex(given.value) });
    picker.addEventListener("input", () => {
      input.value = picker.value.slice(1);
      given.set(input.value);
    });
    return make("div", { class: "row pair" }, input, picker);
  },
  text: (parameter, given) => lines(parameter, given, "2"),
  steps: (parameter, given) => lines(parameter, given, "9"),
  word,
};

// What the picker can show of what is written.
const hex = (value) => (/^[0-9a-f]{6}/i.test(value) ? `#${value.slice(0, 6).toLowerCase()}` : "#808080");

function lines({ fallback }, { id, value, described, set }, rows) {
  const area = make("textarea", { id, rows, spellcheck: "false", placeholder: fallback, "aria-describedby": described });
  area.value = value;
  area.addEventListener("input", () => set(area.value));
  return area;
}

function word({ fallback }, { id, value, described, set }) {
  const input = make("input", { type: "text", id, value, placeholder: fallback, spellcheck: "false", autocomplete: "off", "aria-describedby": described });
  input.addEventListener("input", () => set(input.value.trim()));
  return input;
}

function choice({ words, others, fallback }, { id, value, described, set }) {
  // A value that came with the address may be none of the words.
  const known = others && value && !words.includes(value) ? [...words, value] : words;
  const options = known.map((word) => make("option", { value: word, selected: word === value }, word));
  const select = make("select", { id, "aria-describedby": described },
    make("option", { value: "" }, fallback.length < 24 ? `default: ${fallback}` : "default"), options);
  select.addEventListener("change", () => set(select.value));
  return select;
}

function number(parameter, given) {
  const { id, value, described, set } = given;
  const { step, usual } = parameter;
  const input = make("input", {
    type: "number", id, value, step: step ?? "any", inputmode: step ? "numeric" : "decimal", placeholder: usual ?? "default",
    "aria-describedby": described,
  });
  const reach = track(parameter, given.side);
  const slider = make("input", {
    type: "range", min: reach.min, max: reach.max, step: reach.step, "aria-label": `${parameter.name}, as a slider`,
  });
  const follow = () => {
    slider.value = input.value || reach.rest;
    slider.classList.toggle("unset", input.value === "");
  };
  input.addEventListener("input", () => {
    follow();
    set(input.value);
  });
  slider.addEventListener("input", () => {
    input.value = slider.value;
    slider.classList.remove("unset");
    set(input.value);
  });
  follow();
  return make("div", { class: "row pair" }, slider, input);
}

// From where to where a slider goes: what is allowed where that is little, else what makes sense for such a picture.
function track({ least, most, step, example, fallback, unit }, side) {
  const usual = Number(example);
  const far = unit === "pixels" && usual >= 50 ? Math.max(side, usual * 2) : Math.max(usual * 10, least + 10);
  const max = most - least <= 360 ? most : Math.min(most, Math.ceil(far));
  const fine = Number(((max - least) / 200).toPrecision(1));
  // Where a text says what it is when nothing is given, it begins with the number.
  const rest = Number.parseFloat(fallback) || least;
  return { min: step ? least : Math.floor(least / fine) * fine, max, step: step ?? fine, rest };
}

/** Marks the fields that a problem names, and opens what they are folded in; `undefined` marks none. */
export function mark(container, problem) {
  for (const field of container.querySelectorAll(".field.wrong")) {
    field.classList.remove("wrong");
    field.querySelector(".field-error").textContent = "";
    field.querySelectorAll("[aria-invalid]").forEach((control) => control.removeAttribute("aria-invalid"));
  }
  // What is wrong with a step is wrong with the list of them.
  const named = problem?.step ? "operations" : problem?.parameter ?? "";
  for (const name of named.split(/[^A-Za-z]+/)) {
    const field = name && container.querySelector(`.field[data-name="${name}"]`);
    if (!field) continue;
    field.classList.add("wrong");
    field.querySelector(".field-error").textContent = problem.detail;
    field.querySelector("input:not([type=range]), select, textarea").setAttribute("aria-invalid", "true");
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }
}
