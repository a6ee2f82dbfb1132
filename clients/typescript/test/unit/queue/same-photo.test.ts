import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore } from "../../../src/queue/store.js";
import { allCompleted, items, pass, photo, sha256, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the same file twice is one item, in one call and in two, unless both are wanted", async () => {
  const world = new World();
  const queue = worldQueue(world);
  const file = photo();
  const [one, other] = await queue.addAll([file, file]);
  const third = await queue.add(file);
  expect([other?.id, third.id]).toEqual([one?.id, one?.id]);
  await until(allCompleted(queue));
  expect((await queue.add(file)).step).toBe("completed");
  expect(world.photos.size).toBe(1);

  const both = worldQueue(world, { dedupe: false });
  await both.addAll([file, file]);
  await until(allCompleted(both));
  expect(world.photos.size).toBe(3);
});

test("a key of the app's own names one photo for ever", async () => {
  const world = new World();
  const queue = worldQueue(world);
  await queue.add(photo(), { idempotencyKey: "job-17-photo-1" });
  await queue.add(photo(), { idempotencyKey: "job-17-photo-1" });
  await until(allCompleted(queue));
  expect([...world.photos.values()].map(({ key }) => key)).toEqual(["job-17-photo-1"]);
});

test.each(["awaited", "not awaited"])(
  "a photo that is added under the key of one that is being cancelled (%s) arrives",
  async (how) => {
    const world = new World({ latencyMs: 1_000 });
    const queue = worldQueue(world);
    const options = { idempotencyKey: "job-17-photo-1" };
    const { id } = await queue.add(photo(), options);
    await until(() => world.count("put") === 1);
    const cancelled = queue.cancel(id);
    if (how === "awaited") await cancelled;
    const again = await queue.add(photo(3_000), options);
    await until(() => items(queue).length === 1 && items(queue)[0]?.step === "completed");
    expect(items(queue)[0]?.id).toBe(again.id);
    expect([...world.photos.values()]).toMatchObject([{ key: "job-17-photo-1", status: "completed" }]);
    expect([...world.photos.values()][0]?.item.file_size).toBe(3_000);
    expect((await queue.add(photo(4_000), options)).id).toBe(again.id);
  },
);

test("the same under a key whose photo can't be deleted at once, over a reload", async () => {
  const world = new World({ latencyMs: 2_000 });
  const store = new MemoryStore();
  const options = { idempotencyKey: "job-17-photo-1" };
  const queue = worldQueue(world, { store });
  const { id } = await queue.add(photo(), options);
  await until(() => world.count("put") > 0);
  world.online = false;
  await queue.cancel(id);
  await queue.add(photo(3_000), options);
  await pass(60);
  // A call that is under way ends first.
  await Promise.all([queue.stop(), pass(5)]);
  world.online = true;
  const next = worldQueue(world, { store });
  await next.start();
  await until(() => steps(next).join() === "completed");
  expect([...world.photos.values()].map(({ item }) => item.file_size)).toEqual([3_000]);
});

test("the same file is not taken for there already while its photo is being deleted", async () => {
  const world = new World();
  const api = worldApi(world);
  let confirms = false;
  const queue = worldQueue(world, {
    hash: sha256,
    api: {
      ...api,
      confirmMany: (ids, options) => (confirms ? api.confirmMany(ids, options) : Promise.reject(new Error("odd"))),
      deletePhoto: async (photoId, options) => {
        await new Promise((resolve) => setTimeout(resolve, 10_000));
        await api.deletePhoto(photoId, options);
      },
    },
  });
  const file = photo();
  const { id } = await queue.add(file);
  await until(() => steps(queue)[0] === "sent");
  // The bucket's event confirms it where its client can't.
  for (const { id: photoId } of world.photos.values()) world.confirm(photoId);
  await queue.cancel(id);
  confirms = true;
  await queue.add(file);
  await until(() => items(queue).length === 1 && items(queue)[0]?.step === "completed");
  expect(world.arrived).toHaveLength(1);
});

test("cancelling one of two files that are the same photo deletes it from under neither", async () => {
  const world = new World({ processingMs: 20_000 });
  const api = worldApi(world);
  let confirms = false;
  const queue = worldQueue(world, {
    hash: sha256,
    dedupe: false,
    api: {
      ...api,
      confirmMany: (ids, options) => (confirms ? api.confirmMany(ids, options) : Promise.reject(new Error("odd"))),
    },
  });
  const file = photo();
  const { id } = await queue.add(file);
  await until(() => steps(queue)[0] === "sent");
  for (const { id: photoId } of world.photos.values()) world.confirm(photoId);
  await queue.add(file);
  await until(() => steps(queue)[1] === "processing");
  await queue.cancel(id);
  confirms = true;
  await until(() => steps(queue).join() === "completed", 120);
  expect(world.arrived).toHaveLength(1);
});
