// Elements. A text is always set as a text, never read as HTML.

/** The element of that id. */
export const byId = (id) => document.getElementById(id);

/** A new element: `on…` are listeners, `true` is a bare attribute, and what is false or undefined isn't set. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** A table with a caption; a row is a list of texts or elements, of which the first is its head. */
export function table(caption, heads, rows) {
  const body = rows.map(([first, ...others]) =>
    make("tr", {}, make("th", { scope: "row" }, first), others.map((cell) => make("td", {}, cell))));
  const head = heads && make("thead", {}, make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text))));
  return make("table", {}, make("caption", { class: "unseen" }, caption), head, make("tbody", {}, body));
}

/** A button that copies what `text` returns, and says so for a moment. */
export function copier(label, text) {
  const button = make("button", { type: "button", class: "button small" }, label);
  button.addEventListener("click", async () => {
    const done = await copied(text());
    button.textContent = done ? "Copied" : "Select it and press Ctrl+C";
    setTimeout(() => { button.textContent = label; }, 1800);
  });
  return button;
}

// The clipboard is there for pages by https or from this machine alone; the old way works anywhere.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}

/** Names a picture's bytes for as long as it is shown: the name before is revoked. */
export function slot() {
  let url;
  return {
    put(blob) {
      this.clear();
      url = URL.createObjectURL(blob);
      return url;
    },
    clear() {
      if (url) URL.revokeObjectURL(url);
      url = undefined;
    },
  };
}
