import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import type { Photo } from "../../../src/models.js";
import { Follower, type PhotoChange } from "../../../src/queue/follower.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A stream that a test writes into. */
class Stream {
  opened = 0;
  readonly scopes: (string | null)[] = [];
  refuse: Error | undefined;
  private waiting: ((change: PhotoChange | null) => void) | undefined;

  readonly changes = async function* (
    this: Stream,
    scope: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<PhotoChange> {
    this.opened += 1;
    this.scopes.push(scope);
    signal.addEventListener("abort", () => this.waiting?.(null));
    if (this.refuse) throw this.refuse;
    for (;;) {
      const change = await new Promise<PhotoChange | null>((resolve) => (this.waiting = resolve));
      if (!change) return;
      yield change;
    }
  }.bind(this);

  async write(change: PhotoChange | null): Promise<void> {
    this.waiting?.(change);
    await vi.advanceTimersByTimeAsync(0);
  }
}

function followed(stream?: Stream): { follower: Follower; looks: string[][] } {
  const looks: string[][] = [];
  const follower = new Follower({
    photos: (ids) => {
      looks.push([...ids]);
      return Promise.resolve(ids.map((id) => ({ id, status: "processing" }) as Photo));
    },
    found: () => Promise.resolve(),
    failed: () => undefined,
    ...(stream && { changes: stream.changes }),
  });
  return { follower, looks };
}

const TWO = new Map([
  ["a", "project"],
  ["b", "project"],
]);

test("without a stream it looks at intervals that grow to a minute, and anew when another photo comes", async () => {
  const { follower, looks } = followed();
  follower.follow(TWO);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks.length).toBeGreaterThanOrEqual(3);
  await vi.advanceTimersByTimeAsync(600_000);
  const slow = looks.length;
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks.length - slow).toBe(10);
  follower.follow(new Map([...TWO, ["c", "project"]]));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(looks.at(-1)).toEqual(["a", "b", "c"]);
  follower.stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(looks.at(-1)).toEqual(["a", "b", "c"]);
});

test("told by the stream it looks at once, one time for many changes, and else once a minute", async () => {
  const stream = new Stream();
  const { follower, looks } = followed(stream);
  follower.follow(TWO);
  await vi.advanceTimersByTimeAsync(0);
  await stream.write({ type: "reset" });
  await vi.advanceTimersByTimeAsync(61_000);
  const before = looks.length;
  for (const photoId of ["a", "b", "somebody else's"]) await stream.write({ type: "photo", photoId });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks.length - before).toBe(1);
  await vi.advanceTimersByTimeAsync(240_000);
  expect(looks.length - before).toBeLessThanOrEqual(6);
  expect(stream.opened).toBe(1);
  follower.stop();
});

test("when the stream ends it looks by itself, and opens it again", async () => {
  const stream = new Stream();
  const { follower, looks } = followed(stream);
  follower.follow(TWO);
  await vi.advanceTimersByTimeAsync(0);
  await stream.write({ type: "reset" });
  const before = looks.length;
  await stream.write(null);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(looks.length).toBeGreaterThan(before);
  expect(stream.opened).toBe(2);
  follower.stop();
});

test("photos of many projects are told of by one stream of all, which stays when one project is left", async () => {
  const stream = new Stream();
  const { follower, looks } = followed(stream);
  follower.follow(new Map(["a", "b", "c", "d", "e", "f", "g", "h"].map((id) => [id, `project-${id}`])));
  await vi.advanceTimersByTimeAsync(0);
  await stream.write({ type: "reset" });
  await vi.advanceTimersByTimeAsync(1_000);
  follower.follow(new Map([["h", "project-h"]]));
  await vi.advanceTimersByTimeAsync(61_000);
  const before = looks.length;
  await stream.write({ type: "photo", photoId: "h" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(looks.length - before).toBe(1);
  follower.follow(new Map([["h", "project-h"]]));
  expect(stream.scopes).toEqual([null]);
  follower.follow(new Map());
  await vi.advanceTimersByTimeAsync(1_000);
  follower.follow(new Map([["i", "project-i"]]));
  await vi.advanceTimersByTimeAsync(0);
  expect(stream.scopes).toEqual([null, "project-i"]);
  follower.stop();
});

test("a service without a stream is asked for it once", async () => {
  const stream = new Stream();
  stream.refuse = new PhotodockError("not_found", "no", { status: 404 });
  const { follower, looks } = followed(stream);
  follower.follow(TWO);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stream.opened).toBe(1);
  expect(looks.length).toBeGreaterThan(4);
  follower.stop();
});

test("more than a hundred are looked at by the hundred", async () => {
  const { follower, looks } = followed();
  follower.follow(new Map(Array.from({ length: 230 }, (_, index) => [String(index), "project"])));
  await vi.advanceTimersByTimeAsync(2_100);
  expect(looks.map((ids) => ids.length)).toEqual([100, 100, 30]);
  follower.stop();
});
