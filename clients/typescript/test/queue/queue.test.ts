import { afterEach, expect, test, vi } from "vitest";

import { startedChromium } from "../browser/harness.js";
import { addPhotos, allCompleted, network, openQueue, photosOf, shows, snapshot, watchPuts } from "./pages.js";

/** By the crawling network some ten seconds, in the middle of which much can happen. */
const LARGE = 1_500_000;

const chromium = await startedChromium();
afterEach(async () => {
  await network("healthy");
});

async function expectEachOnce(names: readonly string[]): Promise<void> {
  const photos = await photosOf(names);
  expect(photos.map(({ file_name }) => file_name).sort()).toEqual([...names].sort());
  expect(new Set(photos.map(({ status }) => status))).toEqual(new Set(["completed"]));
}

test("thirty photos arrive, each once, and URLs are asked for by batches", async () => {
  const page = await chromium.page();
  const puts = watchPuts(page);
  const calls: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") calls.push(new URL(request.url()).pathname.replace("/api/v1/photos/", ""));
  });
  await openQueue(page);
  const names = await addPhotos(page, 30, 100_000);
  const shown = await shows(page, allCompleted);
  await expectEachOnce(names);
  expect(puts.all).toBe(30);
  expect(calls.filter((call) => call === "upload-urls").length).toBeLessThan(30);
  expect(shown.progress).toMatchObject({ total: 30, arrived: 30, completed: 30, failed: 0, fraction: 1 });
});

test("a connection that is cut in the middle of a PUT costs another PUT and nothing else", async () => {
  const page = await chromium.page();
  const puts = watchPuts(page);
  await openQueue(page);
  await network("crawling");
  const names = await addPhotos(page, 2, LARGE);
  await shows(page, ({ items }) => items.some(({ step, sentBytes }) => step === "sending" && sentBytes > 0));
  // The first cut Chromium itself may make good, unseen; it does so once.
  await vi.waitFor(
    async () => {
      await network("cut");
      expect(puts.failed).toBeGreaterThan(0);
    },
    { timeout: 20_000, interval: 300 },
  );
  await network("healthy");
  await shows(page, allCompleted);
  await expectEachOnce(names);
});

test("a reload in the middle of a PUT resumes the same photo by itself", async () => {
  const page = await chromium.page();
  await openQueue(page);
  await network("crawling");
  const names = await addPhotos(page, 3, LARGE);
  const before = await shows(page, ({ items }) =>
    items.some(({ sentBytes, step }) => step === "sending" && sentBytes > 0),
  );
  await page.reload();
  await network("healthy");
  await openQueue(page);
  const after = await shows(page, allCompleted);
  await expectEachOnce(names);
  const ids = (items: typeof before.items): string[] => items.map(({ id }) => id);
  expect(ids(after.items)).toEqual(ids(before.items));
  const known = before.items.filter(({ photoId }) => photoId !== null);
  expect(known.length).toBeGreaterThan(0);
  for (const { id, photoId } of known) expect(after.items.find((item) => item.id === id)?.photoId).toBe(photoId);
});

test("a page that is closed leaves its photos to the next one of the same browser", async () => {
  const page = await chromium.page();
  const context = page.context();
  await openQueue(page);
  await network("crawling");
  const names = await addPhotos(page, 2, LARGE);
  await shows(page, ({ items }) => items.some(({ step }) => step === "sending"));
  await page.close();
  await network("healthy");
  const next = await chromium.page(context);
  await openQueue(next);
  await shows(next, allCompleted);
  await expectEachOnce(names);
});

test("offline it waits, also over a reload of the app, and goes on when the network is back", async () => {
  const page = await chromium.page();
  const context = page.context();
  await openQueue(page);
  await context.setOffline(true);
  const names = await addPhotos(page, 5, 100_000);
  await shows(page, ({ waitingFor }) => waitingFor === "offline");
  expect((await snapshot(page)).items.map(({ step }) => step)).toEqual(Array.from({ length: 5 }, () => "waiting"));
  await context.setOffline(false);
  await shows(page, allCompleted);
  await expectEachOnce(names);
});

test("going offline in the middle of a PUT loses nothing", async () => {
  const page = await chromium.page();
  const context = page.context();
  await openQueue(page);
  await network("crawling");
  const names = await addPhotos(page, 2, LARGE);
  await shows(page, ({ items }) => items.some(({ step, sentBytes }) => step === "sending" && sentBytes > 0));
  await context.setOffline(true);
  await network("cut");
  await shows(page, ({ waitingFor }) => waitingFor === "offline");
  await network("healthy");
  await context.setOffline(false);
  await shows(page, allCompleted);
  await expectEachOnce(names);
});

test.each(["has ended by the clock", "is refused by the store"])(
  "a URL that %s is replaced for the same photo",
  async (how) => {
    const page = await chromium.page();
    await openQueue(page);
    await network("crawling");
    const names = await addPhotos(page, 1, LARGE);
    await shows(page, ({ items }) => items[0]?.step === "sending");
    await page.evaluate(async () => {
      await queue.pause();
      await queue.stop();
    });
    await network("healthy");
    const photoId = await page.evaluate(async (ended) => {
      const store = new photodock.IndexedDBStore();
      const [item] = (await store.load()).items;
      if (!item?.target) throw new Error("There is no URL to spoil.");
      const target = ended
        ? { ...item.target, expiresAt: Date.now() - 1 }
        : { ...item.target, url: item.target.url.replace(/X-Amz-Signature=\w{8}/, "X-Amz-Signature=00000000") };
      await store.save([{ ...item, step: "ready", target }]);
      return item.photoId;
    }, how.includes("clock"));
    const calls: string[] = [];
    page.on("request", (request) => calls.push(new URL(request.url()).pathname));
    await page.evaluate(async () => {
      await queue.start();
      await queue.resume();
    });
    const after = await shows(page, allCompleted);
    expect(after.items[0]?.photoId).toBe(photoId);
    expect(calls.filter((path) => path.endsWith(`/photos/${photoId ?? ""}/upload-url`))).toHaveLength(1);
    await expectEachOnce(names);
  },
);

test("of two tabs one works; the other shows it, adds to it, and takes over when it is closed", async () => {
  const first = await chromium.page();
  const second = await chromium.page(first.context());
  await openQueue(first);
  await shows(first, ({ isOwner }) => isOwner);
  await openQueue(second);
  await network("crawling");
  const puts = [watchPuts(first), watchPuts(second)] as const;
  const names = [...(await addPhotos(second, 2, LARGE)), ...(await addPhotos(first, 1, LARGE))];
  await shows(
    second,
    ({ items }) => items.length === 3 && items.some(({ sentBytes, step }) => step === "sending" && sentBytes > 0),
  );
  expect((await snapshot(second)).isOwner).toBe(false);
  // Of its own requests each page tells by itself.
  await expect.poll(() => puts[0].all).toBeGreaterThan(0);
  expect(puts[1].all).toBe(0);

  await second.evaluate(async () => queue.pause());
  await shows(first, ({ paused }) => paused);
  await second.evaluate(async () => queue.resume());
  await first.close();
  await network("healthy");
  await shows(second, ({ isOwner }) => isOwner);
  await shows(second, allCompleted);
  await expectEachOnce(names);
});

test("what is cancelled in the middle is deleted from the service too", async () => {
  const page = await chromium.page();
  await openQueue(page);
  await network("crawling");
  const names = await addPhotos(page, 2, LARGE);
  const shown = await shows(page, ({ items }) => items[0]?.step === "sending");
  await page.evaluate(async (id) => queue.cancel(id), shown.items[0]?.id);
  await network("healthy");
  await shows(page, (now) => now.items.length === 1 && allCompleted(now));
  await expectEachOnce(names.slice(1));
  expect(await photosOf(names)).toHaveLength(1);
});
