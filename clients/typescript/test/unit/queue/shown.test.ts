import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { allCompleted, items, pass, photo, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the snapshot is the same object until something changes, and listeners are told", async () => {
  const world = new World();
  const queue = worldQueue(world);
  await queue.start();
  const listener = vi.fn();
  const stop = queue.subscribe(listener);
  const before = queue.getSnapshot();
  expect(queue.getSnapshot()).toBe(before);
  await queue.add(photo());
  expect(queue.getSnapshot()).not.toBe(before);
  expect(listener).toHaveBeenCalled();
  stop();
  listener.mockClear();
  await until(allCompleted(queue));
  expect(listener).not.toHaveBeenCalled();
});

test("progress grows to 1 and covers the detection; events come in order, once each", async () => {
  const world = new World({ latencyMs: 300 });
  const queue = worldQueue(world);
  const events: string[] = [];
  for (const type of ["added", "arrived", "completed", "failed"] as const) queue.on(type, () => events.push(type));
  const fractions: number[] = [];
  queue.subscribe(() => fractions.push(queue.getSnapshot().progress.fraction));
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "processing");
  expect(queue.getSnapshot().progress.fraction).toBeLessThan(1);
  const settled = queue.settled(id);
  await until(allCompleted(queue));
  expect((await settled)?.step).toBe("completed");
  expect(events).toEqual(["added", "arrived", "completed"]);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
});

test("a listener that throws stops neither the others nor the upload", async () => {
  const world = new World();
  const queue = worldQueue(world);
  const thrown = new Error("of the app");
  const reported: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (work: () => void) => {
    try {
      work();
    } catch (error) {
      reported.push(error);
    }
  });
  queue.on("completed", () => {
    throw thrown;
  });
  const other = vi.fn();
  queue.on("completed", other);
  await queue.add(photo());
  await until(allCompleted(queue));
  vi.unstubAllGlobals();
  expect(other).toHaveBeenCalledTimes(1);
  expect(reported).toEqual([thrown]);
});

test("a photo that somebody deletes while it is followed is failed, not waited for", async () => {
  const world = new World({ processingMs: 600_000 });
  const queue = worldQueue(world);
  await queue.add(photo());
  await until(() => steps(queue)[0] === "processing");
  world.photos.clear();
  await until(() => steps(queue)[0] === "failed", 200);
  expect(items(queue)[0]?.error?.code).toBe("photo_not_found");
});

test("looks at a slow detection grow rarer", async () => {
  const world = new World({ processingMs: 1_800_000 });
  const queue = worldQueue(world);
  await queue.add(photo());
  await until(() => steps(queue)[0] === "processing");
  await pass(1_200);
  expect(world.count("photos")).toBeLessThan(35);
});
