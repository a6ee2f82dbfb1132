import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import {
  CONSOLE_URL,
  CRAWLING,
  dropPaths,
  makeProject,
  PATIENCE_MS,
  SCREENSHOTS,
  slowDown,
  statuses,
  variable,
} from "./support.js";

const COUNT = 200;
/** What a phone's hot spot sends in a second. */
const BYTES_PER_SECOND = 3_000_000;
let profile: string;

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "profile-"));
});

afterAll(() => rm(profile, { recursive: true, force: true }));

/** The same browser of the same person each time. */
async function opened(project: string): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: variable("PHOTODOCK_TEST_CHROMIUM"),
    viewport: { width: 1280, height: 900 },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(CONSOLE_URL.replace(/project=[^&]*/, `project=${project}`));
  await page.getByRole("heading", { name: "Add photos" }).waitFor();
  return { context, page };
}

/** Once so many have been completed, or more. */
async function atLeast(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.querySelector<HTMLElement>("[data-completed]")?.dataset.completed ?? 0) >= wanted,
    count,
    { timeout: 500_000 },
  );
}

async function arrived(project: string): Promise<number> {
  return (await statuses(project)).filter((status) => status !== "pending_upload").length;
}

test("two hundred photos of a folder arrive, although the browser is closed in the middle", async () => {
  const project = await makeProject("Two hundred");
  const before = await opened(project);
  await slowDown(before.page, BYTES_PER_SECOND);
  const begun = Date.now();
  await dropPaths(before.page, [variable("PHOTODOCK_TEST_FOLDER")]);
  await before.page.locator(`[data-total="${String(COUNT)}"]`).waitFor({ timeout: 120_000 });
  const stored = Date.now();
  await expect.poll(() => arrived(project), { timeout: 300_000, interval: 200 }).toBeGreaterThanOrEqual(COUNT / 5);
  // However slow their detection is: the others do not arrive meanwhile.
  await slowDown(before.page, CRAWLING);
  await atLeast(before.page, COUNT / 5);
  await before.page.screenshot({ path: `${SCREENSHOTS}/lid-before.png`, fullPage: true });
  await before.context.close();
  const closed = Date.now();
  const there = await arrived(project);
  expect(there).toBeLessThan(COUNT);

  const after = await opened(project);
  const reopened = Date.now();
  await atLeast(after.page, COUNT);
  const done = Date.now();
  await after.page.locator(".tile .picture.shown").nth(5).waitFor({ timeout: 180_000 });
  await after.page.screenshot({ path: `${SCREENSHOTS}/lid-after.png` });
  await after.context.close();
  expect(await statuses(project)).toEqual(Array<string>(COUNT).fill("completed"));
  const seconds = (from: number, to: number): string => ((to - from) / 1000).toFixed(1);
  const said =
    `Of ${String(COUNT)} photos all were stored in the browser after ${seconds(begun, stored)} s, ${String(there)} had arrived ` +
    `when it was closed after ${seconds(begun, closed)} s; opened again, all were completed after ${seconds(reopened, done)} s.\n`;
  await writeFile(`${SCREENSHOTS}/lid.txt`, said);
}, 700_000);
