import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { MemoryStore } from "../../../src/queue/store.js";
import type { UploadQueue } from "../../../src/queue/queue.js";
import { allCompleted, items, pass, photo, sha256, steps, until, worldQueue } from "./setup.js";
import { storedItem } from "../../contract/store.js";
import { World, type Fault } from "./world.js";
import { worldApi } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One photo that arrived, and whose detection failed. */
async function failedDetection(options: Parameters<typeof worldQueue>[1] = {}): Promise<[World, UploadQueue, string]> {
  const world = new World();
  world.detectionFails = true;
  const queue = worldQueue(world, { api: worldApi(world), ...options });
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  expect(items(queue)[0]).toMatchObject({ canRetry: true, error: { code: "detection_failed", detail: "too dark" } });
  return [world, queue, id];
}

test("a retry of what failed in the detection starts the detection again, and sends nothing", async () => {
  const [world, queue, id] = await failedDetection();
  world.detectionFails = false;
  await queue.retry(id);
  expect(items(queue)[0]).toMatchObject({ step: "processing", error: null });
  await until(allCompleted(queue));
  expect([world.count("retry"), world.count("put"), world.count("request")]).toEqual([1, 1, 1]);
});

test("a detection that fails again says so again", async () => {
  const [world, queue, id] = await failedDetection();
  await queue.retry(id);
  await until(() => steps(queue)[0] === "failed");
  expect(items(queue)[0]?.error?.code).toBe("detection_failed");
  await pass(120);
  expect(world.count("retry")).toBe(1);
});

test.each<Fault>(["lost", "answer", 500, 503])(
  "a retry that meets %s is tried again until it is done",
  async (fault) => {
    const faults: Fault[] = [];
    const world = new World({ faults });
    world.detectionFails = true;
    const queue = worldQueue(world);
    const { id } = await queue.add(photo());
    await until(() => steps(queue)[0] === "failed");
    world.detectionFails = false;
    faults.length = world.calls.length;
    faults.fill("none").push(fault);
    await queue.retry(id);
    await until(allCompleted(queue));
    expect(world.count("retry")).toBe(2);
  },
);

test("a retry outlives the page", async () => {
  const store = new MemoryStore();
  const [world, queue, id] = await failedDetection({ store });
  world.online = false;
  await queue.retry(id);
  await pass(5);
  await queue.stop();
  world.online = true;
  world.detectionFails = false;
  const next = worldQueue(world, { store });
  await next.start();
  await until(allCompleted(next));
});

test("what has arrived is not deleted by a removal after a retry, however far that came", async () => {
  const [world, queue, id] = await failedDetection();
  world.online = false;
  await queue.retry(id);
  await pass(5);
  await queue.cancel(id);
  world.online = true;
  await pass(120);
  expect(items(queue)).toEqual([]);
  expect([world.count("delete"), world.photos.size]).toEqual([0, 1]);
});

test("nor is a photo that the project had before, also where an older version has stored a try of it", async () => {
  const [world, sender] = await failedDetection({ hash: sha256 });
  const photoId = items(sender)[0]?.photoId ?? "";
  const store = new MemoryStore();
  await store.add([storedItem("found", { step: "sending", existing: true, photoId })], new Map());
  const queue = worldQueue(world, { store });
  await queue.start();
  world.online = false;
  await queue.cancel("found");
  world.online = true;
  await until(() => items(queue).length === 0);
  expect([world.count("delete"), world.photos.has(photoId)]).toEqual([0, true]);
});

test("a file that is not what was declared is not tried again, and keeps its reason", async () => {
  const world = new World();
  world.mismatches = true;
  const queue = worldQueue(world);
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  const before = items(queue)[0];
  expect(before).toMatchObject({ canRetry: false, error: { code: "content_mismatch", detail: "no known image" } });
  await queue.retry(id);
  await queue.retry();
  await pass(60);
  expect(items(queue)[0]).toEqual(before);
  await queue.cancel(id);
  await until(() => items(queue).length === 0);
  expect(world.photos.size).toBe(0);
});

test("its reason is told too where the answer that had it was lost", async () => {
  const world = new World({ faults: ["none", "none", "answer"] });
  world.mismatches = true;
  const queue = worldQueue(world);
  await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  expect([world.count("confirm"), items(queue)[0]?.error?.code]).toEqual([2, "content_mismatch"]);
});

test("a file that was given up and is sent after a retry stays until it has arrived", async () => {
  const world = new World();
  const store = new MemoryStore();
  const refusal = { status: 400, headers: {}, body: "<Code>InvalidRequest</Code>" };
  const transport = { reportsProgress: true, send: () => Promise.resolve(refusal) };
  const queue = worldQueue(world, { store, transport });
  const { id } = await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  await queue.stop();
  // As a service says that waited for a week.
  const [item] = (await store.load()).items;
  if (!item) throw new Error("There is an item.");
  await store.save([{ ...item, photoStatus: "failed", error: { code: "upload_expired", detail: "" } }]);
  world.giveUp();
  const next = worldQueue(world, { store, transport });
  await next.start();
  await next.retry(id);
  await until(() => items(next)[0]?.error?.code === "storage_refused");
  await pass(5);
  expect(await store.file(id)).toBeDefined();
});
