import { afterAll, beforeAll, expect, test } from "vitest";

import { blocksOf } from "../support/documents.js";
import { png } from "../support/photos.js";
import { Chromium } from "./harness.js";

let chromium: Chromium;
beforeAll(async () => {
  chromium = await Chromium.start();
});
afterAll(async () => {
  await chromium.stop();
});

test("the page of the documentation uploads a photo, and says why another file is refused", async () => {
  const { baseUrl, projectId, token } = chromium.installation;
  const [block] = blocksOf("docs/clients/typescript.md").filter(({ language }) => language === "html");
  const html = block?.code
    .replace("/photodock/index.js", "/dist/index.js")
    .replace("https://photos.example.com", baseUrl)
    .replace(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/, `"${projectId}"`);
  const page = await chromium.pageOf(html ?? "", { "/photodock-token": token });

  const file = { name: "roof.png", mimeType: "image/png", buffer: Buffer.from(png()) };
  await page.locator("#file").setInputFiles(file);
  const status = page.locator("#status");
  await expect.poll(() => status.textContent(), { timeout: 30_000 }).toBe("completed");
  expect(await page.locator("#progress").evaluate((element) => (element as HTMLProgressElement).value)).toBe(1);

  await page.locator("#file").setInputFiles({ ...file, name: "roof.heic", mimeType: "image/heic" });
  await expect.poll(() => status.textContent()).toMatch(/^HEIC photos are not taken in/);
});
