import { afterEach, expect, test } from "vitest";

import { startedChromium } from "../browser/harness.js";
import { addPhotos, allCompleted, network, openQueue, photosOf, shows } from "./pages.js";

const PART = 5 * 1024 * 1024;

const chromium = await startedChromium();
afterEach(async () => {
  await network("healthy");
});

test("a large photo goes in parts, and after a reload only those that are missing", async () => {
  const page = await chromium.page();
  const parts: string[] = [];
  page.on("response", (response) => {
    const part = new URL(response.url()).searchParams.get("partNumber");
    if (response.request().method() === "PUT" && response.ok()) parts.push(part ?? "whole");
  });
  await openQueue(page);
  await network("slow");
  const names = await addPhotos(page, 1, 2 * PART + 300_000);
  await shows(page, ({ items }) => (items[0]?.sentBytes ?? 0) > PART);
  await page.reload();
  await network("healthy");
  await openQueue(page);
  const shown = await shows(page, allCompleted);
  // The second may have arrived in the moment of the reload, and its answer not.
  expect(parts.filter((part) => part !== "2")).toEqual(["1", "3"]);
  expect(parts.length).toBeLessThanOrEqual(3);
  expect(shown.items[0]).toMatchObject({ step: "completed", multipart: null });
  const photos = await photosOf(names);
  expect(photos.map(({ status, file_size }) => [status, file_size])).toEqual([["completed", 2 * PART + 300_000]]);
});
