// The page on servers that are configured otherwise: busy ones, with a key, below a prefix, with presets alone.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { PATIENCE, accessible, close, pictured, settled, shot, visit } from "./browser.mjs";
import { bmp, small } from "./pictures.mjs";
import { metric, serve } from "./server.mjs";

after(close);

async function on(settings, play) {
  const server = await serve(settings);
  try {
    await play(server);
  } finally {
    await server.stop();
  }
}

// An AVIF at the slowest speed holds the one worker for as long as it takes.
async function occupied(server) {
  const controller = new AbortController();
  const noise = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * at * 31) >> 5));
  const body = Buffer.concat([Buffer.from("P5 1000 1000 255\n"), noise]);
  const gone = fetch(`${server.url}/convert?type=avif&speed=0`, { method: "POST", body, signal: controller.signal }).catch(() => {});
  while (await metric(server, "pixmill_workers_busy") < 1);
  return async () => {
    controller.abort();
    await gone;
    while (await metric(server, "pixmill_workers_busy") > 0);
  };
}

test("a busy server says when to try again, and the page counts down", { timeout: PATIENCE * 3 }, async () => {
  await on({ workers: 1, queue: 0 }, async (server) => {
    const free = await occupied(server);
    // What is quick is done all the same: one more worker helps out with that.
    await visit(server, { expects: [503], at: "/#convert?type=avif&speed=4" }, async (page) => {
      await page.setInputFiles("#file", { ...small, buffer: bmp(800, 600) });
      await settled(page);
      assert.match(await page.locator(".problem").textContent(), /503.*busy/s);
      const button = page.locator(".problem button.strong");
      assert.match(await button.textContent(), /Try again in \d+ s/);
      assert.ok(await button.isDisabled());
      await shot(page, "problem-busy");
      await accessible(page, "busy");
      await free();
      await page.waitForFunction(() => document.querySelector(".problem button.strong").textContent === "Try again");
      await button.click();
      await pictured(page, "once more");
    });
  });
});

test("a server with keys is asked with one", async () => {
  await on({ api_keys: "0123456789abcdef0123456789abcdef" }, async (server) => {
    await visit(server, { expects: [401] }, async (page) => {
      assert.ok(await page.locator("#key").evaluate((field) => field === document.activeElement));
      assert.equal(await page.locator("#operations input").count(), 0);
      assert.ok(await page.locator("#order").isHidden());
      await shot(page, "locked");
      await accessible(page, "locked");
      await page.fill("#key", "another");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#key-error").textContent.includes("doesn't know"));
      await page.fill("#key", "0123456789abcdef0123456789abcdef");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#operations input"));
      await page.setInputFiles("#file", small);
      await pictured(page, "with a key");
      const code = await page.locator("#code-text").textContent();
      assert.ok(code.includes('"API-Key: $PIXMILL_KEY"') && !code.includes("0123456789"), code);
    });
    await visit(server, { at: "/?key=0123456789abcdef0123456789abcdef" }, async (page) => {
      await page.waitForFunction(() => document.querySelector("#operations input"));
      assert.ok(!page.url().includes("key"), page.url());
    });
  });
});

test("it works below a prefix, at both of its places", async () => {
  await on({ path_prefix: "/a/images" }, async (server) => {
    for (const at of ["", "/page"]) {
      await visit(server, { at }, async (page) => {
        await page.setInputFiles("#file", small);
        await pictured(page, at);
        assert.ok((await page.locator("#code-text").textContent()).includes(`${server.url}/resize?`));
        const links = await page.$$eval("nav a", (links) => links.map((link) => link.href));
        for (const link of links) assert.equal((await fetch(link)).status, 200, link);
      });
    }
  });
});

test("clients of imaginary have it aside, and it speaks to their server, too", async () => {
  await on({ compat: "imaginary" }, async (server) => {
    await visit(server, { at: "/page", expects: [400, 406] }, async (page) => {
      await page.setInputFiles("#file", small);
      await pictured(page, "compat");
      await page.setInputFiles("#file", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("text") });
      await settled(page);
      assert.match(await page.locator(".problem").textContent(), /406.*Unsupported media type/s);
    });
  });
});

test("where presets are all there is, they are all that is offered", async () => {
  await on({ presets: "badge=smartcrop?width=64&height=64&type=webp", presets_only: true }, async (server) => {
    await visit(server, {}, async (page) => {
      await page.setInputFiles("#file", small);
      await pictured(page, "preset");
      assert.deepEqual(await page.$$eval('[name="operation"]', (inputs) => inputs.map((input) => input.value)), ["preset/badge"]);
      assert.equal(await page.locator("#fields .field").count(), 0);
    });
  });
});

test("failures that are shown as a picture are problems all the same", async () => {
  await on({ placeholder: "builtin", placeholder_status: 200 }, async (server) => {
    await visit(server, {}, async (page) => {
      await page.setInputFiles("#file", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("text") });
      await settled(page);
      assert.match(await page.locator(".problem").textContent(), /415.*no image in a supported format/s);
    });
  });
});

test("what is too large isn't sent", async () => {
  await on({ max_body: "1MiB", upload_memory: "8MiB" }, async (server) => {
    await visit(server, {}, async (page) => {
      await page.setInputFiles("#file", { name: "a.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(1_100_000, 1) });
      await settled(page);
      assert.match(await page.locator(".problem").textContent(), /413.*up to 1\.0 MB/s);
    });
  });
});

test("signed URLs are beyond a page, which says so", async () => {
  await on({ url_signature_key: "a-key-of-more-than-32-characters-in-all" }, async (server) => {
    await visit(server, { expects: [403] }, async (page) => {
      assert.match(await page.locator("#notice").textContent(), /signed URLs/);
      await page.setInputFiles("#file", small);
      await settled(page);
      assert.match(await page.locator(".problem").textContent(), /403/);
    });
  });
});
