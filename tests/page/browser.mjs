// Chromium on the page, and what no page of ours may do: complain, break its policy, or miss a rule of accessibility.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";

// Installed aside by the project's script.
const require = createRequire(`${resolve(process.env.PAGE_TOOLS ?? ".tools/page")}/`);
const { chromium } = require("playwright-core");
const AXE = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.SCREENSHOTS;

/** No step waits longer: an unoptimised pixmill under load is slow. */
export const PATIENCE = Number(process.env.PATIENCE ?? 60) * 1000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Whoever tests as root has a sandbox around it, or none.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

export const close = () => browser.close();

/**
 * Runs `play` on the page of `server`, and asserts that nothing was wrong in the end. `options` are the context's, and
 * `at` is what follows the server's address. Statuses of 400 and more are no complaints where `expects` has them.
 */
export async function visit(server, options, play) {
  const { at = "", expects = [], ...given } = options;
  const context = await browser.newContext({ viewport: { width: 1360, height: 940 }, ...given });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error.stack)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !isExpected(message.text(), expects)) wrong.push(message.text());
  });
  await page.addInitScript(WATCH);
  try {
    const answer = await page.goto(`${server.url}${at}`);
    assert.match(answer.headers()["content-type"], /^text\/html/);
    await page.waitForFunction(() => document.querySelector("#operations input, #key:focus, .notice:not([hidden])"));
    await play(page);
    wrong.push(...await page.evaluate(() => globalThis.watched.violations));
  } finally {
    await context.close();
  }
  assert.deepEqual(wrong, []);
}

// Chromium logs each answer that is no success, also where the page shows it as what it is.
const isExpected = (text, statuses) => statuses.some((status) => text.includes(`the server responded with a status of ${status}`));

// Before any script of the page: broken policies, and names of pictures that nobody has given back.
const WATCH = () => {
  globalThis.watched = { violations: [], urls: new Set() };
  document.addEventListener("securitypolicyviolation", (event) => {
    globalThis.watched.violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
  });
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const url = createObjectURL.call(URL, blob);
    globalThis.watched.urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    globalThis.watched.urls.delete(url);
    revokeObjectURL.call(URL, url);
  };
};

/** Asserts that axe finds nothing, and that nothing is wider than the window. */
export async function accessible(page, what) {
  // From outside of the page's own policy.
  const results = await page.evaluate(`(() => { ${AXE}; return axe.run(); })()`);
  const found = results.violations.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(found, []);
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= window, `${what}: ${wide} pixels in a window of ${window}`);
}

/** A picture of the page, where somebody wants some. */
export async function shot(page, name, fullPage = true) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage });
}

/** Waits until the page has an answer, or a problem, and nothing is under way. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("#viewer").getAttribute("aria-busy") === "false"
    && (document.querySelector(".figures") || document.querySelector(".problem")));
}

/** The same, where it has to be a picture that is shown. */
export async function pictured(page, what) {
  await settled(page);
  assert.equal(await page.locator(".problem").count(), 0, `${what}: ${await page.locator("#problem").textContent()}`);
  await page.waitForFunction(() => {
    const images = [...document.querySelectorAll("#viewer img")];
    return images.length > 1 && images.every((image) => image.complete && image.naturalWidth > 0);
  });
}
