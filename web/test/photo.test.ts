import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import {
  FOREIGN_TOKEN,
  makeProject,
  named,
  photoFiles,
  report,
  startedChromium,
  STORE,
  until,
  upload,
  URL_,
} from "./support.js";

const chromium = await startedChromium();
const photos = await photoFiles();

test("a photo's page shows where it was taken and what was found in it, and asks nobody else for anything", async () => {
  const project = await makeProject("One photo", FOREIGN_TOKEN);
  const file = named(photos, "a-site-02.jpg");
  const id = await upload(project, file, FOREIGN_TOKEN);
  await report(id, { damage: [{ label: "hail", score: 0.93, box: [320, 240, 640, 480] }], roof: { pitch: 0.5 } });
  await until(id, ({ renditions }) => renditions.length === 2, FOREIGN_TOKEN);
  const page = await chromium.console(project, { viewport: { width: 1280, height: 900 } }, FOREIGN_TOKEN);
  const asked = new Set<string>();
  page.on("request", (request) => asked.add(new URL(request.url()).origin));
  await page.goto(`${URL_}/#/photos/${id}`);

  await page.locator(".large .picture.shown").waitFor();
  // In one moment: what comes later on the page may push both.
  const { whole, drawn } = await page.evaluate(() => {
    const box = (selector: string): Pick<DOMRect, "x" | "y" | "width" | "height"> => {
      const { x, y, width, height } = document.querySelector(selector)?.getBoundingClientRect() ?? new DOMRect();
      return { x, y, width, height };
    };
    return { whole: box(".large .picture"), drawn: box(".boxes rect") };
  });
  // A quarter from the left and from above, and half as large, as of 1280 by 960 pixels.
  expect((drawn.x - whole.x) / whole.width).toBeCloseTo(0.25, 1);
  expect((drawn.y - whole.y) / whole.height).toBeCloseTo(0.25, 1);
  expect(drawn.width / whole.width).toBeCloseTo(0.5, 1);
  expect(await page.locator(".label").textContent()).toBe("hail 93 %");

  await page.locator(".map .land").first().waitFor();
  expect((await page.locator(".map").getAttribute("aria-label"))?.startsWith("A map around 52.50")).toBe(true);
  await page.getByLabel("The camera looked to 80°, east").waitFor();
  expect(await page.locator(".arrow path").getAttribute("transform")).toBe("rotate(80)");
  const out = page.getByRole("link", { name: "Open in OpenStreetMap" });
  expect(await out.getAttribute("href")).toMatch(/^https:\/\/www\.openstreetmap\.org\/\?mlat=52\.50\d+&mlon=13\.37/);
  expect(await out.getAttribute("rel")).toBe("noopener noreferrer");

  const rows = await page.locator(".facts tr").allInnerTexts();
  const facts = Object.fromEntries(rows.map((row) => row.split("\t").map((cell) => cell.trim()) as [string, string]));
  expect(facts).toMatchObject({
    "Camera model": "Canon EOS 80D",
    "Captured at": "2025-11-17 10:02:00",
    Exposure: "1/250 s",
    Aperture: "f/8",
    ISO: "100",
    "Focal length": "35 mm",
    Direction: "80°, east",
    Dimensions: "1280 × 960",
    "Damage 1": "hail 93 %",
    "Roof pitch": "0.5",
    Id: id,
  });
  const history = await page.locator(".history strong").allInnerTexts();
  expect(history).toEqual(["Awaited", "Uploaded", "In detection", "Completed"]);

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download original" }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe("a-site-02.jpg");
  expect((await readFile(await saved.path())).equals(file.buffer)).toBe(true);
  expect(page.url()).toContain(id);
  expect([...asked].sort()).toEqual([STORE, URL_].sort());
});

test("a failed detection says why, is tried again when it is asked for, and the history tells of it", async () => {
  const project = await makeProject("Damaged");
  const whole = named(photos, "a-site-01.jpg").buffer;
  const cut = { name: "cut-off.jpg", mimeType: "image/jpeg", buffer: whole.subarray(0, whole.length / 2) };
  const id = await upload(project, cut);
  await until(id, ({ status }) => status === "failed");
  const page = await chromium.console(project);
  await page.goto(`${URL_}/#/photos/${id}`);
  await page.getByText("The detection failed").waitFor();
  const before = await page.locator(".history .failed").count();
  expect(before).toBe(1);
  await page.getByRole("button", { name: "Retry detection" }).click();
  await page.locator(".history .failed").nth(1).waitFor();
});

test("a photo's page belongs to the photo's project, whichever gallery it was opened from", async () => {
  const project = await makeProject("Its own");
  const id = await upload(project, named(photos, "a-site-04.jpg"));
  const page = await chromium.console(await makeProject("Another"));
  await page.goto(`${URL_}/#/photos/${id}`);
  await expect.poll(() => page.getByLabel("Project").inputValue()).toBe(project);
  await page.getByText("← All photos").click();
  await page.locator(`.tile[data-photo="${id}"]`).waitFor();
});
