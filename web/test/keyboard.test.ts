import { expect, test } from "vitest";

import type { Page } from "playwright-core";

import { completed, drop, makeProject, photoFiles, startedChromium } from "./support.js";

const chromium = await startedChromium();
const photos = await photoFiles();

/** What has the focus, in the words that a screen reader would begin with. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const found = document.activeElement;
    const name = found?.getAttribute("aria-label") ?? found?.querySelector(".caption strong")?.textContent;
    return name ?? found?.textContent ?? "";
  });
}

async function press(page: Page, ...keys: readonly string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  return focused(page);
}

test("everything is reached by keyboard: tab to the gallery, arrows in it, Enter, arrows, Escape, and back to the same place", async () => {
  const page = await chromium.console(await makeProject("Keys"), { viewport: { width: 900, height: 700 } });
  await drop(page, photos.slice(0, 12));
  await completed(page, 12);
  await page.getByRole("button", { name: "Clear completed" }).click();
  await page.locator(".overview").waitFor({ state: "detached" });
  await page.reload();
  // In the tab order too, as soon as the projects are known.
  await page.getByLabel("Project").waitFor();
  await page.locator(".tile").nth(8).waitFor();
  const order: string[] = [];
  for (let step = 0; step < 9; step += 1) order.push(await press(page, "Tab"));
  const names = await page.locator(".tile strong").allInnerTexts();
  expect(order.slice(0, 2)).toEqual(["Skip to the photos", "photodock"]);
  expect(order.slice(3, 7)).toEqual(["Sign out", "Camera", "Photos", "Folder"]);
  expect(order[8]).toBe(names[0]);

  // Four columns at this width.
  expect(await press(page, "ArrowRight")).toBe(names[1]);
  expect(await press(page, "ArrowDown")).toBe(names[5]);
  expect(await press(page, "ArrowLeft")).toBe(names[4]);
  expect(await press(page, "End")).toBe(names[11]);
  const from = await page.evaluate(() => scrollY);
  expect(from).toBeGreaterThan(0);
  const tile = await page.locator(".tile a:focus").boundingBox();
  expect((tile?.y ?? 0) >= 60 && (tile?.y ?? 0) + (tile?.height ?? 0) <= 700).toBe(true);

  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: names[11] ?? "", exact: true }).waitFor();
  await expect.poll(() => page.title()).toBe(`${names[11] ?? ""} – photodock`);
  await page.keyboard.press("ArrowLeft");
  await page.getByRole("heading", { name: names[10] ?? "", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  await page.waitForFunction((y) => scrollY === y, from);
  expect(await focused(page)).toBe(names[10]);
  await expect.poll(() => page.title()).toBe("Keys – photodock");
  // The browser's own way back leads there too.
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "All photos" }).waitFor();
  await page.goBack();
  await page.waitForFunction((y) => scrollY === y, from);
});
