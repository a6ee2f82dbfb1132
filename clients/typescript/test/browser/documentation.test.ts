import { expect, test } from "vitest";

import { shown } from "../support/newcomer.js";
import { png } from "../support/photos.js";
import { startedChromium } from "./harness.js";

const chromium = await startedChromium();

test("the page of the documentation uploads a photo, and says why another file is refused", async () => {
  const { token } = chromium.installation;
  const html = shown("html", "A web page", chromium.installation).replace("/photodock/index.js", "/dist/index.js");
  const page = await chromium.pageOf(html, { "/photodock-token": token });

  const file = { name: "roof.png", mimeType: "image/png", buffer: Buffer.from(png()) };
  await page.locator("#file").setInputFiles(file);
  const status = page.locator("#status");
  await expect.poll(() => status.textContent()).toBe("completed");
  expect(await page.locator("#progress").evaluate((element) => (element as HTMLProgressElement).value)).toBe(1);

  await page.locator("#file").setInputFiles({ ...file, name: "roof.heic", mimeType: "image/heic" });
  await expect.poll(() => status.textContent()).toMatch(/^HEIC photos are not taken in/);
});
