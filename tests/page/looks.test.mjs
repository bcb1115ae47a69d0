// How it looks and is used: both themes, wide and narrow, by keyboard, with and without motion.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PATIENCE, accessible, close, pictured, settled, shot, visit } from "./browser.mjs";
import { choose, small } from "./pictures.mjs";
import { serve } from "./server.mjs";

let server;
before(async () => { server = await serve(); });
after(async () => {
  await server.stop();
  await close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [[1360, 940], [768, 1024], [390, 844]]) {
    const name = `${colorScheme}-${width}`;
    test(`accessible, ${name}`, { timeout: PATIENCE * 4 }, async () => {
      await visit(server, { colorScheme, viewport: { width, height }, expects: [400], at: "/#resize?width=600&quality=20" }, async (page) => {
        await accessible(page, `${name}, empty`);
        await shot(page, `${name}-empty`);
        await choose(page);
        await pictured(page, name);
        await page.waitForFunction(() => document.querySelector(".swatches"));
        await shot(page, `${name}-result`);
        await page.locator("#facts summary").click();
        for (const fold of await page.locator("#fields summary").all()) await fold.click();
        await accessible(page, `${name}, all open`);
        await shot(page, `${name}-open`);
        await page.getByRole("button", { name: "Side by side" }).click();
        await accessible(page, `${name}, side by side`);
        await shot(page, `${name}-beside`);
        await page.fill("#p-width", "0");
        await page.waitForFunction(() => document.querySelector(".problem"));
        await accessible(page, `${name}, a problem`);
        await shot(page, `${name}-problem`);
      });
    });
  }
}

test("a theme that is picked stays", async () => {
  await visit(server, { colorScheme: "light" }, async (page) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    const button = page.locator("#theme");
    await button.click();
    await button.click();
    assert.equal(await button.textContent(), "Theme: dark");
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload();
    assert.equal(await paper(), dark);
    await button.click();
    assert.equal(await paper(), light);
  });
});

test("all of it works by keyboard", async () => {
  await visit(server, { at: "/#resize?width=60" }, async (page) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "result");
    await page.setInputFiles("#file", small);
    await pictured(page, "resize");

    const range = page.getByLabel("How much of the picture before is shown");
    await range.focus();
    const split = () => page.locator(".compare").evaluate((frame) => frame.style.getPropertyValue("--split"));
    await page.keyboard.press("Home");
    assert.equal(await split(), "0%");
    await page.keyboard.press("ArrowRight");
    assert.equal(await split(), "0.5%");
    await page.keyboard.press("End");
    assert.equal(await split(), "100%");

    await page.fill("#p-width", "50");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#status").textContent.includes("50\u00d7"));

    await page.locator("#code-0").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "fetch");
    assert.match(await page.locator("#code-text").textContent(), /await fetch\(/);
    await page.keyboard.press("End");
    assert.match(await page.locator("#code-text").textContent(), /<\?php/);

    await page.locator('[name="operation"]:checked').focus();
    await page.keyboard.press("ArrowRight");
    await settled(page);
    assert.notEqual(await page.inputValue('[name="operation"]:checked'), "resize");
    // Whatever has the focus is seen to have it.
    for (let step = 0; step < 25; step += 1) {
      await page.keyboard.press("Tab");
      const shown = await page.evaluate(() => {
        const element = document.activeElement;
        const seen = [element, element.nextElementSibling, element.closest(".compare"), element.closest("p")?.querySelector("label")];
        return element === document.body || seen.some((one) => one && getComputedStyle(one).outlineStyle !== "none");
      });
      assert.ok(shown, await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200)));
    }
  });
});

test("nothing moves for who wants nothing to move", async () => {
  await visit(server, { reducedMotion: "reduce" }, async (page) => {
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
      const { animationName, transitionDuration } = getComputedStyle(element);
      return animationName !== "none" || transitionDuration !== "0s";
    }).map((element) => element.tagName));
    assert.deepEqual(moving, []);
  });
});
