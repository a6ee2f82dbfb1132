import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { MemoryStore } from "../../../src/queue/store.js";
import { allCompleted, items, pass, photo, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("large files go in parts, and parts that are there are not sent again after a kill", async () => {
  const world = new World({ latencyMs: 500 });
  const store = new MemoryStore();
  const options = { store, multipartThreshold: 8_000 };
  const queue = worldQueue(world, options);
  await queue.add(photo(10_000));
  await until(() => world.sentBytes >= 4_000);
  await queue.stop();
  const next = worldQueue(world, options);
  await next.start();
  await until(allCompleted(next));
  expect(world.photos.size).toBe(1);
  expect(world.sentBytes).toBeLessThanOrEqual(11_000);
});

test("progress counts the parts that are there", async () => {
  const world = new World({ latencyMs: 200 });
  const queue = worldQueue(world, { multipartThreshold: 8_000 });
  const told: number[] = [];
  queue.subscribe(() => told.push(items(queue)[0]?.sentBytes ?? 0));
  await queue.add(photo(10_000));
  await until(allCompleted(queue));
  const sent = told.slice(0, told.indexOf(10_000) + 1);
  expect(sent).toEqual([...sent].sort((a, b) => a - b));
  expect(new Set(sent).size).toBeGreaterThan(8);
});

test("a service that knows no parts gets them whole", async () => {
  const world = new World();
  const beginMultipart = vi.fn(() => Promise.reject(new PhotodockError("not_found", "no", { status: 404 })));
  const queue = worldQueue(world, { multipartThreshold: 8_000, api: { ...worldApi(world), beginMultipart } });
  await queue.addAll([photo(10_000), photo(10_000)]);
  await until(allCompleted(queue));
  expect(beginMultipart).toHaveBeenCalledTimes(1);
  expect(world.count("put")).toBe(2);
});

test("one that wants parts for larger files only gets this one whole", async () => {
  const world = new World();
  const beginMultipart = vi.fn(() => Promise.reject(new PhotodockError("multipart_not_needed", "", { status: 409 })));
  const queue = worldQueue(world, { multipartThreshold: 8_000, api: { ...worldApi(world), beginMultipart } });
  await queue.addAll([photo(10_000), photo(10_000)]);
  await until(allCompleted(queue));
  expect(beginMultipart).toHaveBeenCalledTimes(1);
});

test("parts that were cleared away meanwhile are sent anew", async () => {
  const world = new World({ latencyMs: 500 });
  const queue = worldQueue(world, { multipartThreshold: 8_000 });
  await queue.add(photo(10_000));
  await until(() => world.sentBytes >= 4_000);
  for (const one of world.photos.values()) one.parts = null;
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(1);
});

test("where all parts are there and no object comes of them, all are sent anew", async () => {
  const world = new World();
  const api = worldApi(world);
  const incomplete = new PhotodockError("multipart_incomplete", "others", { status: 409 });
  const completeMultipart = vi
    .fn<typeof api.completeMultipart>((id, options) => api.completeMultipart(id, options))
    .mockRejectedValueOnce(incomplete)
    .mockRejectedValueOnce(incomplete);
  const queue = worldQueue(world, { multipartThreshold: 8_000, api: { ...api, completeMultipart } });
  await queue.add(photo(10_000));
  await until(allCompleted(queue));
  expect(world.count("abort")).toBe(1);
  expect(world.sentBytes).toBe(20_000);
});

test("a photo that the service gave up meanwhile, after a week offline, goes in parts all the same", async () => {
  const world = new World({ latencyMs: 500 });
  const queue = worldQueue(world, { multipartThreshold: 8_000 });
  await queue.add(photo(10_000));
  await until(() => world.sentBytes >= 4_000);
  world.online = false;
  await pass(60);
  world.giveUp();
  world.online = true;
  await until(allCompleted(queue), 300);
  expect(world.arrived).toHaveLength(1);
});

test("a limit of uploads in parts holds those, and lets others go", async () => {
  const world = new World();
  const api = worldApi(world);
  let begun = 0;
  const limit = new PhotodockError("rate_limited", "limit", { status: 429, retryAfterSeconds: 30 });
  const queue = worldQueue(world, {
    multipartThreshold: 8_000,
    api: {
      ...api,
      beginMultipart: (id, options) => ((begun += 1) > 1 ? api.beginMultipart(id, options) : Promise.reject(limit)),
    },
  });
  const [large, small] = await queue.addAll([photo(10_000), photo()]);
  await pass(25);
  expect(begun).toBe(1);
  expect(items(queue).find(({ id }) => id === small?.id)?.step).toBe("completed");
  await until(allCompleted(queue));
  expect(items(queue).find(({ id }) => id === large?.id)?.step).toBe("completed");
});
