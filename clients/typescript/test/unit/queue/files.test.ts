import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore } from "../../../src/queue/store.js";
import { allCompleted, items, offline, pass, photo, steps, TestNetwork, turns, until, worldQueue } from "./setup.js";
import { World } from "./world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("where only the page had it, it is asked for, and goes on as the same photo", async () => {
  const world = new World();
  const store = new MemoryStore();
  const network = new TestNetwork();
  network.become({ online: false });
  const queue = worldQueue(world, { store, network, keepFiles: "ask" });
  const file = photo();
  await queue.add(file);
  await queue.stop();

  const next = worldQueue(world, { store, keepFiles: "ask" });
  await next.start();
  await until(() => steps(next)[0] === "failed");
  expect(items(next)[0]?.error?.code).toBe("file_missing");
  await next.retry(items(next)[0]?.id, file);
  await until(allCompleted(next));
  expect(world.photos.size).toBe(1);
});

test("adding it again is enough", async () => {
  const world = new World();
  const store = new MemoryStore();
  const first = worldQueue(world, { store, keepFiles: "ask", network: offline() });
  const file = photo();
  await first.add(file);
  await first.stop();
  const next = worldQueue(world, { store, keepFiles: "ask" });
  await next.start();
  await until(() => steps(next)[0] === "failed");
  await next.add(file);
  await until(allCompleted(next));
  expect(items(next)).toHaveLength(1);
});

test("another file in its place is not sent", async () => {
  const world = new World();
  const store = new MemoryStore();
  const first = worldQueue(world, { store, keepFiles: "ask", network: offline() });
  const { id } = await first.add(photo());
  await first.stop();
  const next = worldQueue(world, { store, keepFiles: "ask" });
  await next.start();
  await until(() => steps(next)[0] === "failed");
  await next.retry(id, photo(3_000));
  await until(() => items(next)[0]?.error?.code === "file_changed");
  expect(world.count("put")).toBe(0);
});

test("a browser without room for the file sends it all the same", async () => {
  const world = new World();
  const store = new MemoryStore();
  const add = store.add.bind(store);
  vi.spyOn(store, "add").mockImplementation((added, files) =>
    files.size > 0 ? Promise.reject(new DOMException("full", "QuotaExceededError")) : add(added, files),
  );
  const queue = worldQueue(world, { store });
  expect((await queue.add(photo())).origin.kind).toBe("page");
  await until(allCompleted(queue));
});

test("when not even the record can be stored, adding says so and nothing is sent", async () => {
  const world = new World();
  const store = new MemoryStore();
  vi.spyOn(store, "add").mockRejectedValue(new Error("no disk"));
  const queue = worldQueue(world, { store });
  await expect(queue.add(photo())).rejects.toThrow("no disk");
  await pass(10);
  expect(world.calls).toEqual([]);
});

test("files leave the store as soon as the service has them, and not before", async () => {
  const world = new World({ latencyMs: 2_000 });
  const store = new MemoryStore();
  const queue = worldQueue(world, { store });
  const { id } = await queue.add(photo());
  await until(() => world.count("put") === 1);
  expect(await store.file(id)).toBeDefined();
  await until(() => steps(queue)[0] === "processing");
  await turns();
  expect(await store.file(id)).toBeUndefined();
  await until(allCompleted(queue));
});

test("a disk that is full of photos makes room by those that have arrived", async () => {
  const world = new World({ latencyMs: 2_000 });
  const store = new MemoryStore();
  let full = false;
  const outOfRoom = (): Promise<never> => Promise.reject(new DOMException("full", "QuotaExceededError"));
  const limited = new Proxy(store, {
    get: (object, name) => {
      const value = Reflect.get(object, name) as (...given: unknown[]) => unknown;
      if (name === "save") return (...given: unknown[]) => (full ? outOfRoom() : value.apply(object, given));
      if (name !== "removeFiles" || typeof value !== "function")
        return typeof value === "function" ? value.bind(object) : value;
      return (ids: readonly string[]) => {
        if (ids.length > 0) full = false;
        return store.removeFiles(ids);
      };
    },
  });
  const queue = worldQueue(world, { store: limited });
  const failures = vi.fn();
  queue.on("storeFailed", failures);
  await queue.add(photo());
  await until(() => world.count("put") > 0);
  full = true;
  await until(allCompleted(queue));
  await pass(30);
  expect((await store.load()).items.map(({ step }) => step)).toEqual(["completed"]);
});
