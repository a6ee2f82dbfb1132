import { writeFile } from "node:fs/promises";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Chromium, SCREENSHOTS, variable } from "./support.js";

const FRAMES = 300;
let chromium: Chromium;

beforeAll(async () => {
  chromium = await Chromium.start();
});

afterAll(() => chromium.stop());

/** Scrolls a little with each frame; how long frames took, and tasks that held the page up. */
async function scrolling(frames: number): Promise<{ frames: number[]; tasks: number[]; most: number }> {
  const times: number[] = [];
  const tasks: number[] = [];
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
  }
  observer.disconnect();
  return { frames: times, tasks, most };
}

test("ten thousand photos are scrolled through, and never more than a screen or two of them is in the document", async () => {
  const project = variable("PHOTODOCK_TEST_MANY");
  const page = await chromium.console(project, { viewport: { width: 1280, height: 900 } });
  await page.locator(".picture.shown").first().waitFor();
  const first = await page.evaluate(scrolling, FRAMES);
  let most = first.most;
  const end = page.getByText(/^10,000 photos$/);
  while (!(await end.isVisible())) {
    await page.evaluate(() => {
      scrollTo(0, document.documentElement.scrollHeight);
    });
    most = Math.max(most, await page.locator("*").count());
  }
  await page.evaluate(() => {
    scrollTo(0, document.documentElement.scrollHeight / 2);
  });
  const middle = await page.evaluate(scrolling, FRAMES);
  most = Math.max(most, middle.most);
  expect(await page.locator(".tile").count()).toBeGreaterThan(10);
  expect(most).toBeLessThan(1500);

  await page.locator(".picture.shown").first().waitFor();
  await page.screenshot({ path: `${SCREENSHOTS}/ten-thousand.png` });
  const said = `${words("first photos", first)}\n${words("middle of 10,000", middle)}\nmost elements: ${String(most)}\n`;
  await writeFile(`${SCREENSHOTS}/scrolling.txt`, said);
});

function words(where: string, { frames, tasks }: { frames: number[]; tasks: number[] }): string {
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  const long = Math.max(0, ...tasks).toFixed(0);
  return `${where}: frames of ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (longest); ${String(tasks.length)} tasks over 50 ms, the longest ${long} ms`;
}
