// How figures and formats are written for a person.

/** Bytes in powers of ten, as files are listed. */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB"];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Milliseconds, or seconds where they are many. */
export function time(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** How much more or less, with a real minus. */
export function change(before, after) {
  if (!before) return "";
  const percent = Math.round((after / before - 1) * 100);
  if (percent === 0) return "as many bytes";
  return percent < 0 ? `\u2212${-percent} %` : `+${percent} %`;
}

/** A media type as a format's name, as in `jpeg`. */
export function format(mediaType) {
  const name = (mediaType ?? "").split(";")[0].trim().split("/").pop() ?? "";
  return { "svg+xml": "svg", "vnd.adobe.photoshop": "psd" }[name] ?? name;
}

/** The same as people write it. */
export function shown(name) {
  return { webp: "WebP", "": "unknown" }[name] ?? name.toUpperCase();
}

/** A format's usual ending. */
export function ending(name) {
  return { jpeg: "jpg", tiff: "tif", "": "bin" }[name] ?? name;
}

/** A size. */
export function size(width, height) {
  return `${width}\u00d7${height}`;
}
