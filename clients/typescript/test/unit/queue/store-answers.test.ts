import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { allCompleted, items, pass, photo, steps, TestNetwork, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldApi, worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("412 means that it is there: it is confirmed and not sent again", async () => {
  const world = new World({ faults: ["none", "answer"] });
  const queue = worldQueue(world, { transport: worldTransport(world, false) });
  await queue.add(photo());
  await until(allCompleted(queue));
  // The answer was lost after the last byte: the service is asked first.
  expect(world.count("put")).toBe(1);
  expect(world.count("confirm")).toBe(1);
});

test("S3's 409 is tried again", async () => {
  const world = new World({ faults: ["none", 409] });
  const queue = worldQueue(world);
  await queue.add(photo());
  await until(allCompleted(queue));
  expect(world.count("put")).toBe(2);
});

test("a URL that has ended is replaced for the same photo", async () => {
  const world = new World({ ttlSeconds: 30 });
  const network = new TestNetwork();
  const queue = worldQueue(world, { network });
  await queue.add(photo());
  await until(() => steps(queue)[0] === "ready" || world.count("put") > 0, 5);
  await queue.pause();
  await pass(60);
  await queue.resume();
  await until(allCompleted(queue));
  expect(world.photos.size).toBe(1);
});

test("a URL that S3 refuses is replaced, and given up after three", async () => {
  const world = new World({ faults: ["none", 403] });
  const queue = worldQueue(world);
  await queue.add(photo());
  await until(allCompleted(queue));
  expect([world.count("refresh"), world.photos.size]).toEqual([1, 1]);

  const stubborn = worldQueue(world, {
    transport: {
      reportsProgress: true,
      send: () => Promise.resolve({ status: 403, headers: {}, body: "<Code>SignatureDoesNotMatch</Code>" }),
    },
  });
  await stubborn.add(photo());
  await until(() => steps(stubborn)[0] === "failed");
  expect(items(stubborn)[0]?.error?.code).toBe("storage_refused");
  expect(world.count("refresh")).toBe(3);
});

test("any other 4xx fails at once", async () => {
  const world = new World();
  let puts = 0;
  const queue = worldQueue(world, {
    transport: {
      reportsProgress: false,
      send: () =>
        Promise.resolve({ status: 400, headers: {}, body: "<Code>InvalidRequest</Code>" }).finally(() => puts++),
    },
  });
  await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  expect(puts).toBe(1);
});

test("what a captive portal says in S3's place is no word of S3's", async () => {
  const world = new World();
  const transport = worldTransport(world);
  let portal = 2;
  const queue = worldQueue(world, {
    transport: {
      reportsProgress: true,
      send: (request) =>
        portal-- > 0
          ? Promise.resolve({ status: 404, headers: {}, body: "<html>Sign in to the hotel</html>" })
          : transport.send(request),
    },
  });
  await queue.add(photo());
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(1);
});

test("SlowDown halves the PUTs, and is no failure", async () => {
  const world = new World({ faults: ["none", 503] });
  const queue = worldQueue(world);
  await queue.addAll([photo(), photo()]);
  await until(allCompleted(queue));
  expect(world.arrived).toHaveLength(2);
});

test("what was declared as another content fails for good", async () => {
  const world = new World();
  const api = worldApi(world);
  const queue = worldQueue(world, {
    api: {
      ...api,
      confirmMany: async (ids, options) =>
        (await api.confirmMany(ids, options)).map((found) =>
          found instanceof PhotodockError
            ? found
            : { ...found, status: "failed", error: { code: "content_mismatch", detail: "No image." } },
        ),
    },
  });
  await queue.add(photo());
  await until(() => steps(queue)[0] === "failed");
  expect(items(queue)[0]?.error).toEqual({ code: "content_mismatch", detail: "No image." });
});
