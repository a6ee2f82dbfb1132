import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { webCryptoHasher } from "../../../src/hash.js";
import type { Photo } from "../../../src/models.js";
import { Follower, type PhotoChange } from "../../../src/queue/follower.js";
import type { UploadQueue } from "../../../src/queue/queue.js";
import { photo, pass, until, worldQueue } from "./setup.js";
import { World } from "./world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function steps(queue: UploadQueue): string[] {
  return queue.getSnapshot().items.map(({ step }) => step);
}

type Changes = (project: string, signal: AbortSignal) => AsyncIterable<PhotoChange>;

function following(changes: Changes, photos: (ids: readonly string[]) => Promise<readonly Photo[]>): Follower {
  return new Follower({ photos, changes, found: () => Promise.resolve(), failed: () => undefined });
}

const found = (ids: readonly string[]): Promise<Photo[]> => Promise.resolve(ids.map((id) => ({ id }) as Photo));

test("two files of the same bytes are one photo, and both are completed", async () => {
  const world = new World({ processingMs: 20_000 });
  const queue = worldQueue(world, { hash: webCryptoHasher });
  const first = photo();
  await queue.add(first);
  await until(() => steps(queue)[0] === "processing");
  await queue.add(new File([first], "a-copy.jpg", { type: "image/jpeg", lastModified: 1 }));
  await until(() => steps(queue).every((step) => step === "completed"), 300);
  expect(world.photos.size).toBe(1);
});

test("a fault of whoever subscribed stops no upload", async () => {
  const told = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => undefined);
  const queue = worldQueue(new World());
  await queue.start();
  queue.subscribe(() => {
    throw new Error("a fault of the app");
  });
  await queue.add(photo());
  await until(() => steps(queue)[0] === "completed", 60);
  expect(told).toHaveBeenCalled();
});

test("while the session has ended, events are asked for ever more seldom", async () => {
  const ended = new PhotodockError("unauthenticated", "expired", { status: 401 });
  let opened = 0;
  const refused = async function* (): AsyncGenerator<PhotoChange> {
    opened += 1;
    yield await Promise.reject<PhotoChange>(ended);
  };
  const follower = following(refused, () => Promise.reject(ended));
  follower.follow(new Map([["a", "project"]]));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(opened).toBeGreaterThan(10);
  expect(opened).toBeLessThan(25);
  follower.stop();
});

test("a project that has no stream takes none from others, and all end with the queue", async () => {
  const open = new Set<string>();
  const changes: Changes = async function* (project, signal) {
    if (project === "closed") throw new PhotodockError("project_access_denied", "no", { status: 403 });
    open.add(project);
    yield { type: "reset" };
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    open.delete(project);
  };
  const follower = following(changes, found);
  follower.follow(
    new Map([
      ["a", "closed"],
      ["b", "open"],
    ]),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...open]).toEqual(["open"]);
  follower.stop();
  await vi.advanceTimersByTimeAsync(0);
  expect([...open]).toEqual([]);
});

test("a change during a slow look is looked at after it", async () => {
  let tell: (change: PhotoChange) => void = () => undefined;
  const changes: Changes = async function* () {
    yield { type: "reset" };
    for (;;) yield await new Promise<PhotoChange>((resolve) => (tell = resolve));
  };
  let looks = 0;
  const follower = following(changes, async (ids) => {
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return found(ids);
  });
  follower.follow(new Map([["a", "project"]]));
  await vi.advanceTimersByTimeAsync(500);
  expect(looks).toBe(1);
  tell({ type: "photo", photoId: "a" });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(looks).toBe(2);
  follower.stop();
});

test("a clock that is set back makes no pause longer", async () => {
  const world = new World({ faults: ["lost", "lost"] });
  const queue = worldQueue(world);
  await queue.add(photo());
  await pass(0.5);
  vi.setSystemTime(Date.now() - 86_400_000);
  await until(() => steps(queue)[0] === "completed", 200);
  expect(world.arrived).toHaveLength(1);
});
