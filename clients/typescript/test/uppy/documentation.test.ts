import { expect, test } from "vitest";

import { blocksOf } from "../support/documents.js";
import { png } from "../support/photos.js";
import { startedChromium } from "../browser/harness.js";
import { bundle } from "./bundle.js";

const chromium = await startedChromium();

test("the ten lines of the documentation upload a photo, and say why another file is refused", async () => {
  const { baseUrl, projectId, token } = chromium.installation;
  const [block] = blocksOf("docs/clients/uppy.md").filter(({ language }) => language === "ts");
  const code = block?.code
    .replace("https://photos.example.com", baseUrl)
    .replace(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/, `"${projectId}"`);
  const { script, style } = await bundle("example.ts", code);
  const allowed = `connect-src 'self' ${baseUrl} http://127.0.0.1:* data:; img-src blob: data:; style-src 'unsafe-inline'`;
  const policy = `default-src 'none'; script-src 'unsafe-inline'; ${allowed}`;
  const html = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><div id="photos"></div>`;
  const page = await chromium.pageOf(html, { "/photodock-token": token });
  const violations: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) violations.push(message.text());
  });
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });

  const files = page.locator('input[type="file"]').first();
  await files.setInputFiles([
    { name: "roof.png", mimeType: "image/png", buffer: Buffer.from(png()) },
    { name: "torn.png", mimeType: "image/png", buffer: Buffer.from(png().slice(0, 500)) },
  ]);
  await page.getByRole("button", { name: "Upload 2 files" }).click();
  const items = (state: string) => page.locator(`.uppy-Dashboard-Item.is-${state}`).count();
  await expect.poll(() => items("complete")).toBe(1);
  await expect.poll(() => items("error")).toBe(1);
  const reason = "The photo has 500 bytes; the least is 1024. Check that the file is complete.";
  await expect.poll(() => page.getByLabel(reason).count()).toBeGreaterThan(0);
  expect(violations).toEqual([]);
});
