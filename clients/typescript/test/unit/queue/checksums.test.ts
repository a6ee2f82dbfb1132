import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { allCompleted, items, photo, sha256, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a photo that the project has already is not sent", async () => {
  const world = new World();
  const file = photo();
  const queue = worldQueue(world, { hash: sha256, dedupe: false });
  await queue.add(file);
  await until(allCompleted(queue));
  await queue.add(file);
  await until(allCompleted(queue));
  expect(world.count("put")).toBe(1);
  expect(world.photos.size).toBe(1);
  expect(items(queue)[1]).toMatchObject({ existing: true, photoId: items(queue)[0]?.photoId });
});

test("a service that can't tell is asked once, and the photo is sent", async () => {
  const world = new World();
  const findExisting = vi.fn(() => Promise.reject(new PhotodockError("not_found", "no", { status: 404 })));
  const queue = worldQueue(world, { hash: sha256, api: { ...worldApi(world), findExisting } });
  await queue.addAll([photo(), photo()]);
  await until(allCompleted(queue));
  await queue.add(photo());
  await until(allCompleted(queue));
  expect(findExisting).toHaveBeenCalledTimes(1);
  expect(world.arrived).toHaveLength(3);
});

test("without a hasher, or where it fails, photos go without", async () => {
  const world = new World();
  const failing = worldQueue(world, { hash: () => Promise.reject(new Error("no memory")) });
  const none = worldQueue(world, { hash: () => Promise.resolve(null) });
  for (const queue of [failing, none]) {
    await queue.add(photo());
    await until(allCompleted(queue));
  }
  expect(world.count("look")).toBe(0);
  expect(world.arrived.map(({ item }) => item.checksum_sha256)).toEqual([undefined, undefined]);
});

test("bytes that were damaged on the way are sent again", async () => {
  const world = new World({ faults: ["none", "none", 400] });
  const queue = worldQueue(world, { hash: sha256 });
  await queue.add(photo());
  await until(allCompleted(queue));
  expect(world.count("put")).toBe(2);
});
