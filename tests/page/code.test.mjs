// The code that the page shows, run: it gives the very bytes that the page got.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { PATIENCE, close, pictured, visit } from "./browser.mjs";
import { small } from "./pictures.mjs";
import { serve } from "./server.mjs";

after(close);

const KEY = "k'e\"y$0123456789abcdef0123456789";
// What a shell, and each of the languages, could take for something else.
const AWKWARD = `it's "a" $HOME \\n {1..2} é #1.pgm`;
const TEXT = `'"$PATH" \\n \`x\` {a} 100% é <?php &amp; +`;

const LANGUAGES = [
  { name: "curl", needs: ["curl", "--version"], run: ["sh", "code"], file: "code" },
  { name: "fetch", needs: [process.execPath, "--version"], run: [process.execPath, "code.mjs"], file: "code.mjs" },
  { name: "Python", needs: ["python3", "-c", "import requests"], run: ["python3", "code.py"], file: "code.py" },
  { name: "Go", needs: ["go", "version"], run: ["go", "run", "code.go"], file: "code.go" },
  { name: "PHP", needs: ["php", "-r", "curl_version();"], run: ["php", "code.php"], file: "code.php" },
];

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function shown(page) {
  const codes = [];
  for (const language of LANGUAGES) {
    await page.getByRole("tab", { name: language.name }).click();
    codes.push([language, await page.locator("#code-text").textContent()]);
  }
  return codes;
}

async function answered(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download]")]);
  return readFile(await download.path());
}

async function run([language, code], expected) {
  const [program, ...check] = language.needs;
  if (spawnSync(program, check).status !== 0) return `${language.name} isn't here`;
  const folder = await mkdtemp(join(tmpdir(), "pixmill-page-"));
  try {
    await writeFile(join(folder, AWKWARD), small.buffer);
    await writeFile(join(folder, "mark.png"), expected.mark ?? "");
    await writeFile(join(folder, language.file), code);
    const [command, ...given] = language.run;
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME, PIXMILL_KEY: KEY };
    const ran = spawnSync(command, given, { cwd: folder, env: environment, encoding: "utf8", timeout: PATIENCE });
    assert.equal(ran.status, 0, `${language.name}: ${ran.stderr}\n${code}`);
    const result = await readFile(join(folder, expected.name)).catch((error) => assert.fail(`${error}\n${ran.stdout}${ran.stderr}\n${code}`));
    assert.equal(digest(result), digest(expected.bytes), `${language.name}: ${result.subarray(0, 300)}\n${code}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const [name, order] of [
  ["a text", `watermark?${new URLSearchParams({ text: TEXT, font: "sans 20", type: "png" })}`],
  ["a negotiated format", "resize?width=60&type=auto"],
  ["two pictures", "watermarkimage?left=5&type=png"],
]) {
  test(`the code of ${name} gives the same bytes`, { timeout: PATIENCE * 4 }, async (context) => {
    const server = await serve({ api_keys: KEY });
    try {
      await visit(server, { at: `/?key=${encodeURIComponent(KEY)}#${order}`, acceptDownloads: true }, async (page) => {
        await page.setInputFiles("#file", { ...small, name: AWKWARD });
        let mark;
        if (name === "two pictures") {
          mark = small.buffer;
          await page.setInputFiles("#mark", { ...small, name: "mark.png" });
          await page.waitForFunction(() => document.querySelector(".figures"));
        }
        await pictured(page, name);
        const bytes = await answered(page);
        const codes = await shown(page);
        const ending = /result\.\w+/.exec(codes[0][1])[0];
        for (const code of codes) {
          const skipped = await run(code, { bytes, mark, name: ending });
          if (skipped) context.diagnostic(skipped);
        }
      });
    } finally {
      await server.stop();
    }
  });
}
