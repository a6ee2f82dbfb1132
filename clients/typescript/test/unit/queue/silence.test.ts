import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore, type QueueStore } from "../../../src/queue/store.js";
import { allCompleted, items, pass, photo, sha256, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** A store that does this with what is added, at each call the next one. */
function storeThat(...add: ((store: MemoryStore, ...given: Parameters<QueueStore["add"]>) => Promise<void>)[]): {
  store: MemoryStore;
} {
  const store = new MemoryStore();
  const real = store.add.bind(store);
  store.add = (...given) => (add.shift() ?? ((_, ...rest) => real(...rest)))(store, ...given);
  return { store };
}

/** The origin of each item, in their order. */
const origins = (queue: ReturnType<typeof worldQueue>): string[] => items(queue).map(({ origin }) => origin.kind);

test("a store that never answers for a file keeps the record, and the photo is sent from the page", async () => {
  const world = new World();
  const queue = worldQueue(world, storeThat(never));
  const added = queue.add(photo());
  await pass(20);
  await expect(added).resolves.toMatchObject({ origin: { kind: "page" } });
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(1);
});

test("what a silent store has written all the same is sent after a reload", async () => {
  const world = new World();
  world.online = false;
  const { store } = storeThat((memory, ...given) => (void MemoryStore.prototype.add.apply(memory, given), never()));
  const queue = worldQueue(world, { store });
  const added = queue.add(photo());
  await pass(20);
  await expect(added).resolves.toMatchObject({ origin: { kind: "page" } });
  await queue.stop();
  world.online = true;
  const reloaded = worldQueue(world, { store });
  await reloaded.start();
  await until(allCompleted(reloaded));
  expect(world.arrived).toHaveLength(1);
  expect(await store.file(items(reloaded)[0]?.id ?? "")).toBeUndefined();
});

test("one that answers nothing at all is told to whoever adds, and the next photo is not held up", async () => {
  const world = new World();
  const queue = worldQueue(world, storeThat(never, never));
  const lost = photo();
  const first = expect(queue.add(lost)).rejects.toThrow("does not answer");
  const second = queue.add(photo());
  await pass(40);
  await first;
  await second;
  await queue.add(lost);
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(2);
});

test("on a full disk as many files are stored as there is room for, and the others are sent from the page", async () => {
  const world = new World();
  const store = new MemoryStore();
  const add = store.add.bind(store);
  let room = 5_000;
  store.add = (records, files) => {
    const bytes = [...files.values()].reduce((sum, file) => sum + (file as Blob).size, 0);
    if (bytes > room) return Promise.reject(new DOMException("full", "QuotaExceededError"));
    room -= bytes;
    return add(records, files);
  };
  const queue = worldQueue(world, { store });
  await queue.addAll([photo(2_000), photo(2_000), photo(2_000), photo(2_000)]);
  expect(origins(queue)).toEqual(["store", "store", "page", "page"]);
  expect((await store.load()).items.map(({ origin }) => origin.kind)).toEqual(["store", "store", "page", "page"]);
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(4);
});

test("a hasher that never answers, or throws, costs the checksum and nobody's photo", async () => {
  for (const broken of [
    never,
    () => {
      throw new Error("native module");
    },
  ] as (() => Promise<never>)[]) {
    const world = new World();
    let first = true;
    const queue = worldQueue(world, {
      hash: (bytes) => (first ? ((first = false), broken()) : sha256(bytes)),
    });
    await queue.addAll([photo(), photo()]);
    await until(allCompleted(queue));
    expect([...world.photos.values()].map(({ item }) => typeof item.checksum_sha256)).toEqual(
      expect.arrayContaining(["undefined", "string"]),
    );
  }
});

test("pausing and cancelling end the wait for a hasher", async () => {
  const world = new World();
  let hashing = 0;
  const queue = worldQueue(world, { hash: () => ((hashing += 1), never()) });
  const { id } = await queue.add(photo());
  await until(() => hashing === 1);
  await queue.cancel(id);
  await until(() => items(queue).length === 0, 5);
});

test("a file that can't be opened holds up no other, and goes when it can be", async () => {
  const world = new World();
  const file = photo();
  let opens = 0;
  const cloud = {
    kind: "file" as const,
    getFile: () => ((opens += 1) === 1 || opens > 3 ? Promise.resolve(file) : never<File>()),
  };
  const queue = worldQueue(world, { maxConcurrency: 1 });
  const first = await queue.add(cloud);
  await queue.add(photo());
  await until(() => items(queue).some(({ step }) => step === "completed"));
  expect(items(queue).find(({ id }) => id === first.id)?.step).not.toBe("completed");
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(2);
});

test("a captive portal that takes every PUT with a page for hours loses no photo", async () => {
  const world = new World();
  const transport = worldTransport(world);
  const page = { status: 200, headers: {}, body: "<html>Sign in to the hotel</html>" };
  let portal = true;
  const queue = worldQueue(world, {
    transport: {
      ...transport,
      send: (request) => {
        const size = (request.body as Blob).size;
        request.onProgress?.(size, size);
        return portal ? Promise.resolve(page) : transport.send(request);
      },
    },
  });
  await queue.addAll([photo(), photo()]);
  for (let hour = 0; hour < 3; hour += 1) await pass(3_600);
  expect(items(queue).map(({ step }) => step)).not.toContain("failed");
  portal = false;
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(2);
});
