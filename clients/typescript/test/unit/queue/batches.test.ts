import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { allCompleted, items, pass, photo, steps, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("thirty arrive, each once, by few calls for URLs and confirms", async () => {
  const world = new World();
  const queue = worldQueue(world);
  await queue.addAll(Array.from({ length: 30 }, () => photo()));
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(30);
  expect(world.count("put")).toBe(30);
  expect(world.count("request") + world.count("confirm")).toBeLessThan(45);
});

test("what the service refuses fails alone, and says why", async () => {
  const world = new World();
  const api = worldApi(world);
  const queue = worldQueue(world, {
    api: {
      ...api,
      requestUploads: async (wanted, options) => {
        const uploads = await api.requestUploads(wanted, options);
        return uploads.map((upload, index) =>
          wanted[index]?.mime_type === "image/heic"
            ? new PhotodockError("invalid_file_type", "Send JPEG.", { status: 400 })
            : upload,
        );
      },
    },
  });
  const bad = new File([new Uint8Array(2_000)], "roof.heic", { type: "image/heic" });
  await queue.addAll([photo(), bad, photo()]);
  await until(() => steps(queue).every((step) => step === "completed" || step === "failed"));
  expect(steps(queue)).toEqual(["completed", "failed", "completed"]);
  expect(items(queue)[1]?.error).toEqual({ code: "invalid_file_type", detail: "Send JPEG." });
});

test("a batch that is refused as a whole is asked for by halves", async () => {
  const world = new World();
  const api = worldApi(world);
  const queue = worldQueue(world, {
    api: {
      ...api,
      requestUploads: (wanted, options) =>
        wanted.length > 1 || wanted[0]?.file_size === 2_222
          ? Promise.reject(new PhotodockError("body_too_large", "Too large.", { status: 413 }))
          : api.requestUploads(wanted, options),
    },
  });
  await queue.addAll([photo(), photo(2_222), photo(), photo()]);
  await until(() => steps(queue).every((step) => step === "completed" || step === "failed"));
  expect(steps(queue)).toEqual(["completed", "failed", "completed", "completed"]);
});

test("URLs are asked for shortly before they are used, so that none ends in the queue", async () => {
  const world = new World({ latencyMs: 20_000, ttlSeconds: 300 });
  const queue = worldQueue(world);
  await queue.addAll(Array.from({ length: 40 }, () => photo()));
  await until(allCompleted(queue), 4_000);
  expect(world.count("refresh")).toBe(0);
  expect(world.count("put")).toBe(40);
});

test("a limit of URLs holds all that need one until its end, and nothing else", async () => {
  const world = new World({ faults: [429] });
  const queue = worldQueue(world);
  await queue.addAll([photo(), photo()]);
  await pass(2);
  expect(world.count("request")).toBe(1);
  expect(queue.getSnapshot().waitingFor).toBe("rate_limited");
  await until(allCompleted(queue));
  expect(world.count("request")).toBe(2);
});

test("an item of a batch that meets the limit waits, and those before it go", async () => {
  const world = new World();
  const api = worldApi(world);
  let left = 1;
  const queue = worldQueue(world, {
    api: {
      ...api,
      requestUploads: async (wanted, options) => {
        const uploads = await api.requestUploads(wanted.slice(0, left), options);
        const refused = wanted.slice(uploads.length).map(() => {
          return new PhotodockError("rate_limited", "limit", { status: 429, retryAfterSeconds: 20 });
        });
        left = 100;
        return [...uploads, ...refused];
      },
    },
  });
  await queue.addAll([photo(), photo()]);
  await pass(15);
  expect(world.photos.size).toBe(1);
  await until(allCompleted(queue));
  expect(world.photos.size).toBe(2);
});
