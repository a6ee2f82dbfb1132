import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import type { Photo } from "../../../src/models.js";
import { Follower, type PhotoChange } from "../../../src/queue/follower.js";
import { pass, photo, sha256, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi, worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Changes = (project: string | null, signal: AbortSignal) => AsyncIterable<PhotoChange>;

function following(changes: Changes, photos: (ids: readonly string[]) => Promise<readonly Photo[]>): Follower {
  return new Follower({ photos, changes, found: () => Promise.resolve(), failed: () => undefined });
}

const found = (ids: readonly string[]): Promise<Photo[]> => Promise.resolve(ids.map((id) => ({ id }) as Photo));

test("two files of the same bytes are one photo, and both are completed", async () => {
  const world = new World({ processingMs: 20_000 });
  const queue = worldQueue(world, { hash: sha256 });
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
  const open = new Set<string | null>();
  let refused = 0;
  const changes: Changes = async function* (project, signal) {
    if (project === "closed") refused += 1;
    if (project === "closed") throw new PhotodockError("project_access_denied", "no", { status: 403 });
    open.add(project);
    yield { type: "reset" };
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve);
    });
    open.delete(project);
  };
  const follower = following(changes, found);
  follower.follow(new Map([["a", "closed"]]));
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...open]).toEqual([]);
  const both = ["closed", "open", "another"].map((project, index): [string, string] => [String(index), project]);
  follower.follow(new Map(both));
  await vi.advanceTimersByTimeAsync(10_000);
  expect([...open]).toEqual([null]);
  expect(refused).toBe(1);
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

test("a clock that is set forward or back in the middle of it all costs a URL at the most", async () => {
  for (const step of [86_400_000, -86_400_000]) {
    const world = new World({ latencyMs: 500 });
    const queue = worldQueue(world);
    await queue.addAll([photo(), photo(), photo()]);
    await until(() => world.count("put") > 0);
    vi.setSystemTime(Date.now() + step);
    await until(() => steps(queue).every((each) => each === "completed"), 200);
    expect(world.arrived).toHaveLength(3);
    expect(world.count("put")).toBeLessThanOrEqual(6);
  }
});

test("while the app's token callback fails nothing is given up, and it goes on by itself", async () => {
  const world = new World();
  let fails = true;
  const unavailable = new PhotodockError("token_unavailable", "The app's token callback failed.");
  const api = new Proxy(worldApi(world), {
    get: (object, name) => {
      const call = Reflect.get(object, name) as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => (fails ? Promise.reject(unavailable) : call.apply(object, given));
    },
  });
  const queue = worldQueue(world, { multipartThreshold: 4_000, api });
  await queue.addAll([photo(), photo(10_000)]);
  for (let times = 0; times < 6; times += 1) {
    const before = world.calls.length;
    await pass(300);
    expect(steps(queue)).not.toContain("failed");
    expect(world.calls.length - before).toBeLessThan(40);
    if (times === 0) expect(queue.getSnapshot().waitingFor).toBe("session");
    fails = false;
    await pass(1);
    fails = true;
  }
  fails = false;
  await until(() => steps(queue).every((step) => step === "completed"), 200);
  expect(world.photos.size).toBe(2);
});

test("what a proxy says in Retry-After holds nothing for longer than an hour", async () => {
  const world = new World();
  const api = worldApi(world);
  let asked = 0;
  const tenDays = new PhotodockError("unexpected_answer", "maintenance", { status: 503, retryAfterSeconds: 864_000 });
  const queue = worldQueue(world, {
    api: {
      ...api,
      requestUploads: (wanted, options) =>
        (asked += 1) > 1 ? api.requestUploads(wanted, options) : Promise.reject(tenDays),
    },
  });
  await queue.add(photo());
  await pass(3_000);
  expect(asked).toBe(1);
  await until(() => steps(queue)[0] === "completed", 1_000);
});

test("S3's SlowDown holds PUTs for as long as its Retry-After says, and the calls go on", async () => {
  const world = new World();
  const transport = worldTransport(world);
  let slow = true;
  const slowDown = { status: 503, headers: { "retry-after": "40" }, body: "<Error><Code>SlowDown</Code></Error>" };
  let puts = 0;
  const queue = worldQueue(world, {
    transport: {
      reportsProgress: true,
      send: (request) => ((puts += 1), slow ? Promise.resolve(slowDown) : transport.send(request)),
    },
  });
  await queue.addAll([photo(), photo()]);
  await pass(35);
  expect(puts).toBe(1);
  expect(world.count("request")).toBe(1);
  expect(steps(queue)).not.toContain("failed");
  slow = false;
  await until(() => steps(queue).every((step) => step === "completed"), 200);
});
