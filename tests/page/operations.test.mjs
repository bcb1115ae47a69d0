// What the page is for: each operation gives a picture, and what isn't as it should be is shown as what it is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PATIENCE, close, pictured, settled, shot, visit } from "./browser.mjs";
import { choose, small, tiff } from "./pictures.mjs";
import { metric, serve } from "./server.mjs";

let server;
before(async () => { server = await serve({ presets: "badge=smartcrop?width=64&height=64&type=webp" }); });
after(async () => {
  await server.stop();
  await close();
});

test("each operation gives a picture with its example", { timeout: PATIENCE * 30 }, async () => {
  await visit(server, {}, async (page) => {
    await choose(page);
    const names = await page.$$eval('[name="operation"]', (inputs) => inputs.map((input) => input.value));
    assert.ok(names.length > 22 && names.includes("preset/badge"), names.join());
    for (const name of names) {
      await page.check(`[name="operation"][value="${name}"]`);
      await page.waitForFunction((name) => document.querySelector("#status").textContent.startsWith(`${name}:`), name);
      await pictured(page, name);
      // A second picture goes along where one is drawn, and nowhere else.
      const code = await page.locator("#code-text").textContent();
      assert.equal(code.includes("image=@"), name === "watermarkimage", name);
      await shot(page, `operation-${name.replace("/", "-")}`, false);
    }
    // Those of pictures that aren't shown any more have been given back.
    const kept = await page.evaluate(() => globalThis.watched.urls.size);
    assert.ok(kept <= 3, `${kept} names of pictures`);
  });
});

test("a picture is chosen, dropped or pasted, and described", async () => {
  await visit(server, { at: "/#fit?width=40&height=30" }, async (page) => {
    assert.equal(await page.inputValue("#p-width"), "40");
    await page.setInputFiles("#file", small);
    await pictured(page, "chosen");
    assert.match(await page.locator("#status").textContent(), /40\u00d730/);
    await page.locator("#facts summary").click();
    const rows = await page.$$eval("#facts tr", (rows) => Object.fromEntries(rows.map((row) => [...row.children].map((cell) => cell.textContent))));
    assert.equal(rows.Format, "BMP");
    assert.equal(rows.Shown, "120\u00d790 pixels");
    for (const [event, carrier] of [["drop", "dataTransfer"], ["paste", "clipboardData"]]) {
      await page.evaluate(async ([event, carrier]) => {
        const canvas = new OffscreenCanvas(64, 48);
        canvas.getContext("2d").fillRect(0, 0, 9, 9);
        const blob = await canvas.convertToBlob();
        const data = new DataTransfer();
        data.items.add(new File([blob], `${event}.png`, { type: "image/png" }));
        document.dispatchEvent(Object.defineProperty(new Event(event, { cancelable: true }), carrier, { value: data }));
      }, [event, carrier]);
      await page.waitForFunction((event) => document.querySelector("#source").textContent.includes(`${event}.png PNG`), event);
      await pictured(page, event);
    }
  });
});

test("what a browser doesn't show is shown as PNG", async () => {
  await visit(server, { at: "/#convert?type=tiff" }, async (page) => {
    await page.setInputFiles("#file", { name: "grey.tif", mimeType: "image/tiff", buffer: tiff(80, 60) });
    await pictured(page, "TIFF");
    await page.getByRole("button", { name: "Side by side" }).click();
    const captions = await page.locator("figcaption").allTextContents();
    assert.deepEqual(captions, ["Before shown as PNG", "After shown as PNG"]);
  });
});

test("problems are shown as what they are", async () => {
  await visit(server, { expects: [415, 400], at: "/#resize?width=60" }, async (page) => {
    await page.setInputFiles("#file", { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("Dear pixmill") });
    await settled(page);
    const problem = page.locator(".problem");
    assert.match(await problem.textContent(), /415.*no image in a supported format.*Read here are jpeg/s);
    // What to do, from the server's own page about it.
    await page.waitForFunction(() => /told by the bytes/.test(document.querySelector(".advice")?.textContent));
    await shot(page, "problem-text");

    await page.setInputFiles("#file", small);
    await pictured(page, "after a problem");
    for (const fold of await page.locator("#fields details").all()) {
      if (await fold.locator("#p-quality").count() && !await fold.evaluate((element) => element.open)) await fold.locator("summary").click();
    }
    await page.fill("#p-quality", "101");
    await page.waitForFunction(() => document.querySelector("#p-quality").getAttribute("aria-invalid") === "true");
    assert.match(await page.locator("#p-quality-error").textContent(), /from 1 to 100/);
    assert.match(await problem.textContent(), /400/);
    await shot(page, "problem-parameter");
    await page.fill("#p-quality", "60");
    await pictured(page, "corrected");
    assert.equal(await page.locator(".field.wrong").count(), 0);
  });
});

test("the request before is given up, and its work is stopped", async () => {
  const stopped = await metric(server, "pixmill_cancelled_total");
  await visit(server, { at: "/#convert?type=avif&speed=0" }, async (page) => {
    await page.click('[data-sample="landscape"]');
    await page.waitForFunction(() => document.querySelector("#viewer").getAttribute("aria-busy") === "true");
    const busy = async () => await metric(server, "pixmill_workers_busy") > 0;
    while (!await busy());
    await page.setInputFiles("#file", small);
    await page.check('[name="operation"][value="flip"]');
    await pictured(page, "flip");
    const answers = await page.locator("#history td:nth-child(2)").allTextContents();
    assert.ok(answers.includes("given up") && answers[0] === "200", answers.join());
    await page.locator("#history").scrollIntoViewIfNeeded();
    await shot(page, "given-up");
  });
  while (await metric(server, "pixmill_cancelled_total") <= stopped);
});

test("nothing is sent while a slider moves", async () => {
  await visit(server, { at: "/#blur?sigma=1" }, async (page) => {
    await page.setInputFiles("#file", small);
    await pictured(page, "before");
    const sent = () => page.locator("#history tbody tr").count();
    const before = await sent();
    await page.evaluate(() => {
      const slider = document.querySelector('[data-name="sigma"] [type="range"]');
      for (let value = 1; value < 10; value += 0.5) {
        slider.value = value;
        slider.dispatchEvent(new Event("input"));
      }
    });
    await page.waitForFunction((count) => document.querySelectorAll("#history tbody tr").length > count, before);
    await pictured(page, "after");
    assert.equal(await sent(), before + 1);
    // Nor at all, where somebody wants to say so.
    await page.uncheck("#live");
    await page.fill("#p-sigma", "3");
    await page.waitForFunction(() => location.hash.endsWith("sigma=3"));
    assert.equal(await sent(), before + 1);
    await page.click("#run");
    await page.waitForFunction((count) => document.querySelectorAll("#history tbody tr").length > count, before + 1);
    await pictured(page, "run");
  });
});
