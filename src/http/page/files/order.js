// What is asked for: an operation, and the values of its parameters.

/** A choice as pairs of the query, in the table's order. */
export function query(operation, parameters, values) {
  return parameters.filter(({ name }) => values.get(name)).map(({ name }) => [name, compact(name, values.get(name))]);
}

// Steps are written in lines to be read, and sent in one.
function compact(name, value) {
  if (name !== "operations") return value;
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return value;
  }
}

/** The same spread over lines, if it is JSON. */
export function spread(name, value) {
  if (name !== "operations") return value;
  try {
    const steps = JSON.parse(value).map((step) => `  ${JSON.stringify(step)}`);
    return `[\n${steps.join(",\n")}\n]`;
  } catch {
    return value;
  }
}

/** The picture that is drawn over the other, where that is asked for: by the operation, or by a step of a pipeline. */
export function drawn(operation, values, mark) {
  const isDrawn = operation.needs_mark || (operation.draws && values.get("operations")?.includes("watermarkImage"));
  return isDrawn ? mark : undefined;
}

/** What goes with the request as its body: the picture, or a form where there is a mark to be drawn over it. */
export function body(picture, mark) {
  if (!mark) return picture;
  const form = new FormData();
  form.append("image", mark, mark.name);
  form.append("file", picture, picture.name);
  return form;
}

/** What to accept, where the answer's format depends on that. */
export function accept(pairs) {
  const isAuto = pairs.some(([name, value]) => name === "type" && value === "auto");
  return isAuto ? "image/avif,image/webp,*/*" : undefined;
}

/** A choice as the page's own address says it, so that it can be kept and shared. */
export function written(operation, pairs) {
  const text = new URLSearchParams(pairs).toString();
  return `#${operation.name}${text ? `?${text}` : ""}`;
}

/** And read again: a name, and pairs; `undefined` where it says nothing. */
export function read(hash) {
  const [name, text] = hash.replace(/^#/, "").split(/\?(.*)/s);
  if (!name) return undefined;
  // Operations' names are plain: what isn't is none of them.
  return { name, pairs: [...new URLSearchParams(text ?? "")] };
}
