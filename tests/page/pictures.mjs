// Pictures to send: a photograph where there is one at hand, and small files of other kinds.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

// A real photograph, turned by its orientation; the repository has none.
const AMONG_REAL_ONES = "jpeg/exif-orientation--Landscape_6.jpg";
const PHOTO = process.env.PHOTO || (process.env.PIXMILL_CORPUS ? `${process.env.PIXMILL_CORPUS}/${AMONG_REAL_ONES}` : "");

/** Chooses the photograph, else the landscape that the page draws. */
export async function choose(page) {
  if (PHOTO && existsSync(PHOTO)) await page.setInputFiles("#file", { name: basename(PHOTO), mimeType: "image/jpeg", buffer: await readFile(PHOTO) });
  else await page.click('[data-sample="landscape"]');
}

/** A TIFF of RGB, which Chromium doesn't show: a little-endian directory, then a gradient. */
export function tiff(width, height) {
  const entries = [
    [256, 3, 1, width], [257, 3, 1, height], [258, 3, 1, 8], [259, 3, 1, 1], [262, 3, 1, 1], [273, 4, 1, 0],
    [277, 3, 1, 1], [278, 3, 1, height], [279, 4, 1, width * height],
  ];
  const start = 8 + 2 + entries.length * 12 + 4;
  const file = Buffer.alloc(start + width * height);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 10 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(count, at + 4);
    file.writeUInt32LE(tag === 273 ? start : value, at + 8);
  });
  for (let at = 0; at < width * height; at += 1) file[start + at] = (at * 7) % 256;
  return file;
}

/** A small picture, which any operation is quick with. */
export const small = { name: "small.bmp", mimeType: "image/bmp", buffer: bmp(120, 90) };

/** A BMP; its width is a multiple of four, so that rows have nothing beside their pixels. */
export function bmp(width, height) {
  const head = Buffer.alloc(54);
  head.write("BM", "latin1");
  [[2, 54 + width * height * 3], [10, 54], [14, 40], [18, width], [22, height]].forEach(([at, value]) => head.writeUInt32LE(value, at));
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  const pixels = Array.from({ length: width * height }, (_, at) => [(at % width) * 2, Math.floor(at / width) * 2, 120]);
  return Buffer.concat([head, Buffer.from(pixels.flat())]);
}
