import { connect } from "node:net";
import { Buffer } from "node:buffer";
import { once } from "node:events";

import type { Page } from "playwright-core";
import { vi } from "vitest";

import { PhotodockClient, type Photo, type QueueSnapshot, type UploadQueue } from "../../src/index.js";
import { loaded } from "../browser/harness.js";
import { installation } from "../support/installation.js";
import { png } from "../support/photos.js";

declare global {
  /** The page's queue, once `openQueue` has made it. */
  var queue: UploadQueue;
}

/** What lies between the pages and the store does so from now on. */
export async function network(word: "cut" | "slow" | "crawling" | "healthy"): Promise<void> {
  const socket = connect(Number(process.env["PHOTODOCK_TEST_STORE_CONTROL"]), "127.0.0.1");
  socket.write(`${word}\n`);
  await once(socket.resume(), "end");
}

/** What a page loads after each reload: a queue that goes on with what was left. */
export async function openQueue(
  page: Page,
  options: { wifiOnly?: boolean; multipartThreshold?: number } = {},
): Promise<void> {
  await loaded(page);
  await page.evaluate(
    async ({ baseUrl, token, projectId, options }) => {
      const client = new photodock.PhotodockClient({ baseUrl, token: () => token });
      globalThis.queue = new photodock.UploadQueue(client, { projectId, ...options });
      await queue.start();
    },
    { ...installation(), options },
  );
}

/** Adds photos of this size; their names. */
export async function addPhotos(page: Page, count: number, size: number): Promise<string[]> {
  const photos = Array.from({ length: count }, () => ({
    name: `${crypto.randomUUID()}.png`,
    base64: Buffer.from(png(size)).toString("base64"),
  }));
  await page.evaluate(async (photos) => {
    const files = photos.map(({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      return new File([bytes], name, { type: "image/png" });
    });
    await queue.addAll(files);
  }, photos);
  return photos.map(({ name }) => name);
}

export function snapshot(page: Page): Promise<QueueSnapshot> {
  return page.evaluate(() => queue.getSnapshot());
}

/** Polls until it holds of what the page shows. */
export async function shows(
  page: Page,
  holds: (shown: QueueSnapshot) => boolean,
  seconds = 40,
): Promise<QueueSnapshot> {
  return vi.waitFor(
    async () => {
      const shown = await snapshot(page);
      if (!holds(shown)) throw new Error(`Not yet: ${JSON.stringify(summary(shown))}`);
      return shown;
    },
    { timeout: seconds * 1000, interval: 50 },
  );
}

export function allCompleted(shown: QueueSnapshot): boolean {
  return shown.items.length > 0 && shown.items.every(({ step }) => step === "completed");
}

function summary({ items, waitingFor, isOwner }: QueueSnapshot): unknown {
  return {
    waitingFor,
    isOwner,
    items: items.map(({ step, sentBytes, error, lastError }) => ({ step, sentBytes, error, lastError })),
  };
}

/** What the service has of these names. */
export async function photosOf(names: readonly string[]): Promise<Photo[]> {
  const { baseUrl, token, projectId } = installation();
  const client = new PhotodockClient({ baseUrl, token: () => token });
  const found: Photo[] = [];
  for await (const page of client.photoPages({ project_id: projectId, limit: 200 })) found.push(...page.items);
  return found.filter(({ file_name }) => names.includes(file_name));
}

/** Requests of the page that the store got or lost, from now on: method, and whether it failed. */
export function watchPuts(page: Page): { all: number; failed: number } {
  const puts = { all: 0, failed: 0 };
  page.on("request", (request) => {
    if (request.method() === "PUT") puts.all += 1;
  });
  page.on("requestfailed", (request) => {
    if (request.method() === "PUT") puts.failed += 1;
  });
  return puts;
}
