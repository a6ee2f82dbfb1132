import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore } from "../../../src/queue/store.js";
import { allCompleted, items, pass, photo, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi, worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("pausing one ends its PUT and lets the others go", async () => {
  const world = new World({ latencyMs: 1_000 });
  const queue = worldQueue(world);
  const [first, second] = await queue.addAll([photo(), photo()]);
  await until(() => world.count("put") === 1);
  await queue.pause(first?.id);
  await until(() => items(queue)[1]?.step === "completed");
  expect(items(queue)[0]?.step).not.toBe("completed");
  await queue.resume(first?.id);
  await until(allCompleted(queue));
  expect([world.photos.size, second?.fileSize]).toEqual([2, 2_000]);
});

test("a paused queue stays paused when it is opened again", async () => {
  const world = new World();
  const store = new MemoryStore();
  const queue = worldQueue(world, { store });
  await queue.start();
  await queue.pause();
  await queue.add(photo());
  await queue.stop();
  const again = worldQueue(world, { store });
  await again.start();
  await pass(60);
  expect(again.getSnapshot()).toMatchObject({ paused: true, waitingFor: "paused" });
  expect(world.calls).toEqual([]);
  await again.resume();
  await until(allCompleted(again));
});

test("what is cancelled while it is sent is deleted from the service, and gone", async () => {
  const world = new World({ latencyMs: 1_000 });
  const queue = worldQueue(world);
  const { id } = await queue.add(photo());
  await until(() => world.count("put") === 1);
  const removed = vi.fn();
  queue.on("removed", removed);
  await queue.cancel(id);
  await until(() => items(queue).length === 0);
  expect(world.photos.size).toBe(0);
  expect(removed).toHaveBeenCalledWith({ id });
  await pass(60);
  expect(world.arrived).toHaveLength(0);
});

test("what is cancelled before anything was asked for leaves no trace, also while it is paused", async () => {
  const world = new World();
  const queue = worldQueue(world);
  await queue.start();
  await queue.pause();
  await queue.add(photo());
  await queue.cancel();
  await until(() => items(queue).length === 0);
  expect(world.calls).toEqual([]);
});

test("cancelling what has arrived only takes it off the list", async () => {
  const world = new World();
  const queue = worldQueue(world);
  const { id } = await queue.add(photo());
  await until(allCompleted(queue));
  await queue.cancel(id);
  expect(items(queue)).toEqual([]);
  expect(world.arrived).toHaveLength(1);
});

test("so does cancelling what failed in the detection: the photo itself is there", async () => {
  const world = new World();
  const api = worldApi(world);
  const error = { code: "detection_failed", detail: "too dark" } as const;
  const photosByIds: typeof api.photosByIds = async (ids, options) =>
    (await api.photosByIds(ids, options)).map((found) => ({ ...found, status: "failed", error }));
  const queue = worldQueue(world, { api: { ...api, photosByIds } });
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  expect(queue.getSnapshot().progress).toMatchObject({ arrived: 1, failed: 1 });
  await queue.cancel(id);
  await pass(10);
  expect(items(queue)).toEqual([]);
  expect(world.count("delete")).toBe(0);
  expect(world.photos.size).toBe(1);
});

test("a cancellation that could not be written down is refused, and the upload goes on", async () => {
  const world = new World({ latencyMs: 1_000 });
  const store = new MemoryStore();
  const queue = worldQueue(world, { store });
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "ready" || world.count("put") > 0);
  const save = vi.spyOn(store, "save").mockRejectedValueOnce(new Error("full"));
  await expect(queue.cancel(id)).rejects.toThrow("full");
  save.mockRestore();
  await until(allCompleted(queue));
});

test("a retry of what has failed is the same photo", async () => {
  const world = new World();
  let broken = true;
  const transport = worldTransport(world);
  const queue = worldQueue(world, {
    transport: {
      reportsProgress: true,
      send: (request) =>
        broken
          ? Promise.resolve({ status: 400, headers: {}, body: "<Code>InvalidRequest</Code>" })
          : transport.send(request),
    },
  });
  await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  broken = false;
  await queue.retry();
  await until(allCompleted(queue));
  expect(world.photos.size).toBe(1);
});

test("what is completed can be cleared, and is forgotten after a day", async () => {
  const world = new World();
  const store = new MemoryStore();
  const queue = worldQueue(world, { store });
  await queue.add(photo());
  await until(allCompleted(queue));
  await queue.clear();
  expect(items(queue)).toEqual([]);
  await queue.add(photo());
  await until(allCompleted(queue));
  await queue.stop();
  vi.setSystemTime(Date.now() + 86_401_000);
  const next = worldQueue(world, { store });
  await next.start();
  await until(() => items(next).length === 0, 10);
  expect((await store.load()).items).toEqual([]);
});
