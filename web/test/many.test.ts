import { writeFile } from "node:fs/promises";

import type { CDPSession, Page } from "playwright-core";
import { expect, test } from "vitest";

import { named, photoFiles, SCREENSHOTS, signIn, startedChromium, upload, variable } from "./support.js";

const COUNT = 10_000;
/** The API's pages, as the gallery asks for them. */
const PAGE = 100;
const FRAMES = 300;
const chromium = await startedChromium();

interface Scrolled {
  /** How long each frame took, and each task that held the page up for longer than 50 ms. */
  readonly frames: readonly number[];
  readonly tasks: readonly number[];
  /** Elements in the document, at the most. */
  readonly most: number;
  /** Frames in which a part of the screen that belongs to the gallery had no tile. */
  readonly gaps: readonly string[];
}

/** Scrolls a little with each frame. */
async function scrolling(frames: number): Promise<Scrolled> {
  /** Between a tile and the one below: the gap, and lines that this photo has no facts for. */
  const apart = 60;
  const gap = (): string | null => {
    const grid = document.querySelector(".grid")?.getBoundingClientRect();
    if (!grid) return "no gallery";
    const lowest = Math.min(innerHeight, grid.bottom);
    let reached = Math.max(0, grid.top);
    const boxes = [...document.querySelectorAll(".tile")].map((tile) => tile.getBoundingClientRect());
    for (const { top, bottom } of boxes.sort((one, other) => one.top - other.top))
      if (top <= reached + apart) reached = Math.max(reached, bottom);
    return reached + apart >= lowest ? null : `at ${String(scrollY)}: tiles end at ${String(reached)}`;
  };
  const times: number[] = [];
  const tasks: number[] = [];
  const gaps: string[] = [];
  let most = 0;
  const observer = new PerformanceObserver((list) => {
    tasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: "longtask" });
  let before = performance.now();
  for (let frame = 0; frame < frames; frame += 1) {
    scrollBy(0, 120);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
    most = Math.max(most, document.querySelectorAll("*").length);
    const found = gap();
    if (found !== null) gaps.push(found);
  }
  observer.disconnect();
  return { frames: times, tasks, most, gaps };
}

/** Chromium's own counts, of all that the page has done so far. */
async function counted(cdp: CDPSession): Promise<Readonly<Record<"layouts" | "styles" | "script", number>>> {
  const { metrics } = await cdp.send("Performance.getMetrics");
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? NaN;
  return { layouts: of("LayoutCount"), styles: of("RecalcStyleCount"), script: of("ScriptDuration") };
}

/** Scrolls, and says in words what it took. */
async function measured(page: Page, cdp: CDPSession, where: string): Promise<Scrolled & { readonly words: string }> {
  const before = await counted(cdp);
  const scrolled = await page.evaluate(scrolling, FRAMES);
  const after = await counted(cdp);
  const layouts = after.layouts - before.layouts;
  // Reading a size after each change of the document would lay it out many times a frame.
  expect(layouts).toBeLessThanOrEqual(3 * FRAMES);
  expect(scrolled.gaps).toEqual([]);
  const each = (all: number): string => (all / FRAMES).toFixed(1);
  const script = each(1000 * (after.script - before.script));
  return {
    ...scrolled,
    words:
      `${where}: ${words(scrolled)}; in each frame ${each(layouts)} layouts, ` +
      `${each(after.styles - before.styles)} recalculations of style, ${script} ms of script (the test's own among it)`,
  };
}

test("ten thousand photos are scrolled through: no tile is missing, few are in the document, and each page is asked for once", async () => {
  const page = await chromium.page({ viewport: { width: 1280, height: 900 } });
  const lists: string[] = [];
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname === "/api/v1/photos") lists.push(search);
  });
  const project = variable("PHOTODOCK_TEST_MANY");
  await signIn(page, project);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  await page.locator(".picture.shown").first().waitFor();
  // The first one again when the stream of changes is open: only what is read from then on misses none.
  await expect.poll(() => lists.length).toBe(2);

  const first = await measured(page, cdp, "first photos");
  const end = page.getByText(/^10,000 photos$/);
  let most = first.most;
  while (!(await end.isVisible())) {
    await page.evaluate(() => {
      scrollTo(0, document.documentElement.scrollHeight);
    });
    most = Math.max(most, await page.locator("*").count());
  }
  await page.evaluate(() => {
    scrollTo(0, document.documentElement.scrollHeight / 2);
  });
  const middle = await measured(page, cdp, "middle of 10,000");
  most = Math.max(most, middle.most);
  expect(await page.locator(".tile").count()).toBeGreaterThan(10);
  expect(most).toBeLessThan(1500);
  expect(lists.filter((search, place) => lists.indexOf(search) !== place)).toEqual([lists[0]]);
  expect(lists).toHaveLength(COUNT / PAGE + 1);

  // What comes meanwhile moves nothing, and is there when it is asked for.
  const shown = async (): Promise<string[]> => (await page.locator(".tile strong").allInnerTexts()).sort();
  const before = await shown();
  await upload(project, named(await photoFiles(), "a-site-00.jpg"));
  const held = page.getByRole("button", { name: "1 new photo" });
  await held.waitFor();
  expect(await shown()).toEqual(before);
  await page.locator(".picture.shown").first().waitFor();
  await page.screenshot({ path: `${SCREENSHOTS}/ten-thousand.png` });
  await held.click();
  await page.locator('.tile[aria-posinset="1"]', { hasText: "a-site-00.jpg" }).waitFor();
  await held.waitFor({ state: "detached" });

  await writeFile(
    `${SCREENSHOTS}/scrolling.txt`,
    `${first.words}\n${middle.words}\nmost elements: ${String(most)}\nrequests for lists: ${String(lists.length)}\n`,
  );
}, 600_000);

function words({ frames, tasks }: Scrolled): string {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const long = Math.max(0, ...tasks).toFixed(0);
  return `frames of ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (longest); ${String(tasks.length)} tasks over 50 ms, the longest ${long} ms`;
}
