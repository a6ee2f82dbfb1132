import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { PhotodockError } from "../../../src/errors.js";
import { webCryptoHasher } from "../../../src/hash.js";
import type { QueueItem } from "../../../src/queue/item.js";
import type { UploadQueue } from "../../../src/queue/queue.js";
import { MemoryStore } from "../../../src/queue/store.js";
import { photo, pass, TestNetwork, turns, until, worldQueue } from "./setup.js";
import { World, worldApi, worldTransport } from "./world.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function items(queue: UploadQueue): readonly QueueItem[] {
  return queue.getSnapshot().items;
}

function steps(queue: UploadQueue): string[] {
  return items(queue).map(({ step }) => step);
}

function allCompleted(queue: UploadQueue): () => boolean {
  return () => steps(queue).every((step) => step === "completed");
}

describe("many files", () => {
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
});

describe("a store that answers oddly", () => {
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
});

describe("no network", () => {
  test("offline nothing is tried, and everything goes on when it is back", async () => {
    const world = new World();
    const network = new TestNetwork();
    network.become({ online: false });
    const queue = worldQueue(world, { network });
    await queue.addAll([photo(), photo()]);
    await pass(30);
    expect(world.calls).toEqual([]);
    expect(queue.getSnapshot().waitingFor).toBe("offline");
    network.become({ online: true });
    await until(allCompleted(queue), 60);
  });

  test("a day without a network loses nothing", async () => {
    const world = new World();
    const queue = worldQueue(world);
    world.online = false;
    await queue.addAll([photo(), photo()]);
    for (let hour = 0; hour < 24; hour += 1) {
      await vi.advanceTimersByTimeAsync(3_600_000);
      await turns();
    }
    expect(steps(queue)).toEqual(["waiting", "waiting"]);
    expect(items(queue)[0]?.lastError?.code).toBe("network_error");
    // Full jitter up to a minute: some two thousand tries a day, not one a second.
    expect(world.calls.length).toBeLessThan(6_000);
    world.online = true;
    await until(allCompleted(queue), 300);
    expect(world.photos.size).toBe(2);
  });

  test("a thousand items without a network don't each try at once", async () => {
    const world = new World();
    world.online = false;
    const queue = worldQueue(world);
    await queue.addAll(Array.from({ length: 1_000 }, () => photo()));
    await pass(30);
    expect(world.calls.length).toBeLessThan(60);
  });

  test("a platform that wrongly says offline is put to the test", async () => {
    const world = new World();
    const network = new TestNetwork();
    network.become({ online: false });
    const queue = worldQueue(world, { network });
    await queue.addAll([photo(), photo()]);
    await until(allCompleted(queue), 120);
    expect(world.arrived).toHaveLength(2);
  });

  test("a PUT that hangs on the network that is gone is begun anew when there is one", async () => {
    const world = new World();
    const transport = worldTransport(world);
    const network = new TestNetwork();
    let hangs = true;
    const queue = worldQueue(world, {
      network,
      transport: {
        reportsProgress: true,
        send: (request) => {
          if (!hangs) return transport.send(request);
          return new Promise((_, reject) => {
            request.signal?.addEventListener("abort", () => {
              reject(request.signal?.reason as Error);
            });
          });
        },
      },
    });
    await queue.add(photo());
    await until(() => steps(queue)[0] === "sending");
    network.become({ online: false });
    await pass(5);
    hangs = false;
    network.become({ online: true });
    await until(allCompleted(queue), 30);
  });

  test("a PUT that never says anything ends, and is tried again", async () => {
    const world = new World();
    const transport = worldTransport(world);
    let hangs = 1;
    for (const reportsProgress of [true, false]) {
      hangs = 1;
      const queue = worldQueue(world, {
        transport: {
          reportsProgress,
          send: (request) => (hangs-- > 0 ? new Promise(() => undefined) : transport.send(request)),
        },
      });
      await queue.add(photo());
      await until(allCompleted(queue), 200);
    }
    expect(world.arrived).toHaveLength(2);
  });

  test("by Wi-Fi alone, or not where it costs: it waits, and what is unknown is allowed", async () => {
    const world = new World();
    const network = new TestNetwork();
    const queue = worldQueue(world, { network, wifiOnly: true });
    network.become({ online: true, wifi: false, metered: true });
    await queue.add(photo());
    await pass(30);
    expect(world.calls).toEqual([]);
    expect(queue.getSnapshot().waitingFor).toBe("policy");
    queue.setPolicy({ wifiOnly: false, pauseOnMetered: true });
    await pass(5);
    expect(world.calls).toEqual([]);
    network.become({ online: true });
    await until(allCompleted(queue), 30);
  });

  test("leaving Wi-Fi ends the PUT that is under way", async () => {
    const world = new World({ latencyMs: 2_000 });
    const network = new TestNetwork();
    const queue = worldQueue(world, { network, wifiOnly: true });
    network.become({ online: true, wifi: true });
    await queue.add(photo());
    await until(() => world.count("put") === 1);
    network.become({ online: true, wifi: false });
    await pass(60);
    expect(world.sentBytes).toBeLessThan(2_000);
    expect(world.arrived).toHaveLength(0);
    network.become({ online: true, wifi: true });
    await until(allCompleted(queue), 60);
  });
});

describe("a session that has ended", () => {
  test("holds everything, says so, and goes on after a sign-in", async () => {
    const world = new World();
    world.signedIn = false;
    const queue = worldQueue(world);
    const told = vi.fn();
    queue.on("session", told);
    await queue.addAll([photo(), photo()]);
    await pass(5);
    expect(queue.getSnapshot().waitingFor).toBe("session");
    expect(told).toHaveBeenCalledTimes(1);
    await pass(300);
    expect(steps(queue)).toEqual(["waiting", "waiting"]);
    world.signedIn = true;
    await queue.resume();
    await until(allCompleted(queue), 30);
  });
});

describe("what the user wants", () => {
  test("pausing one ends its PUT and lets the others go", async () => {
    const world = new World({ latencyMs: 1_000 });
    const queue = worldQueue(world);
    const [first, second] = await queue.addAll([photo(), photo()]);
    await until(() => world.count("put") === 1);
    await queue.pause(first?.id);
    await until(() => items(queue)[1]?.step === "completed");
    expect(items(queue)[0]?.step).not.toBe("completed");
    await queue.resume(first?.id);
    await until(allCompleted(queue));
    expect([world.photos.size, second?.fileSize]).toEqual([2, 2_000]);
  });

  test("a paused queue stays paused when it is opened again", async () => {
    const world = new World();
    const store = new MemoryStore();
    const queue = worldQueue(world, { store });
    await queue.start();
    await queue.pause();
    await queue.add(photo());
    await queue.stop();
    const again = worldQueue(world, { store });
    await again.start();
    await pass(60);
    expect(again.getSnapshot()).toMatchObject({ paused: true, waitingFor: "paused" });
    expect(world.calls).toEqual([]);
    await again.resume();
    await until(allCompleted(again));
  });

  test("what is cancelled while it is sent is deleted from the service, and gone", async () => {
    const world = new World({ latencyMs: 1_000 });
    const queue = worldQueue(world);
    const { id } = await queue.add(photo());
    await until(() => world.count("put") === 1);
    const removed = vi.fn();
    queue.on("removed", removed);
    await queue.cancel(id);
    await until(() => items(queue).length === 0);
    expect(world.photos.size).toBe(0);
    expect(removed).toHaveBeenCalledWith({ id });
    await pass(60);
    expect(world.arrived).toHaveLength(0);
  });

  test("what is cancelled before anything was asked for leaves no trace, also while it is paused", async () => {
    const world = new World();
    const queue = worldQueue(world);
    await queue.start();
    await queue.pause();
    await queue.add(photo());
    await queue.cancel();
    await until(() => items(queue).length === 0);
    expect(world.calls).toEqual([]);
  });

  test("cancelling what has arrived only takes it off the list", async () => {
    const world = new World();
    const queue = worldQueue(world);
    const { id } = await queue.add(photo());
    await until(allCompleted(queue));
    await queue.cancel(id);
    expect(items(queue)).toEqual([]);
    expect(world.arrived).toHaveLength(1);
  });

  test("so does cancelling what failed in the detection: the photo itself is there", async () => {
    const world = new World();
    const api = worldApi(world);
    const error = { code: "detection_failed", detail: "too dark" } as const;
    const photosByIds: typeof api.photosByIds = async (ids, options) =>
      (await api.photosByIds(ids, options)).map((found) => ({ ...found, status: "failed", error }));
    const queue = worldQueue(world, { api: { ...api, photosByIds } });
    const { id } = await queue.add(photo());
    await until(() => steps(queue)[0] === "failed");
    expect(queue.getSnapshot().progress).toMatchObject({ arrived: 1, failed: 1 });
    await queue.cancel(id);
    await pass(10);
    expect(items(queue)).toEqual([]);
    expect(world.count("delete")).toBe(0);
    expect(world.photos.size).toBe(1);
  });

  test("a cancellation that could not be written down is refused, and the upload goes on", async () => {
    const world = new World({ latencyMs: 1_000 });
    const store = new MemoryStore();
    const queue = worldQueue(world, { store });
    const { id } = await queue.add(photo());
    await until(() => steps(queue)[0] === "ready" || world.count("put") > 0);
    const save = vi.spyOn(store, "save").mockRejectedValueOnce(new Error("full"));
    await expect(queue.cancel(id)).rejects.toThrow("full");
    save.mockRestore();
    await until(allCompleted(queue));
  });

  test("a retry of what has failed is the same photo", async () => {
    const world = new World();
    let broken = true;
    const transport = worldTransport(world);
    const queue = worldQueue(world, {
      transport: {
        reportsProgress: true,
        send: (request) =>
          broken
            ? Promise.resolve({ status: 400, headers: {}, body: "<Code>InvalidRequest</Code>" })
            : transport.send(request),
      },
    });
    await queue.add(photo());
    await until(() => steps(queue)[0] === "failed");
    broken = false;
    await queue.retry();
    await until(allCompleted(queue));
    expect(world.photos.size).toBe(1);
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

  test("what is completed can be cleared, and is forgotten after a day", async () => {
    const world = new World();
    const store = new MemoryStore();
    const queue = worldQueue(world, { store });
    await queue.add(photo());
    await until(allCompleted(queue));
    await queue.clear();
    expect(items(queue)).toEqual([]);
    await queue.add(photo());
    await until(allCompleted(queue));
    await queue.stop();
    vi.setSystemTime(Date.now() + 86_401_000);
    const next = worldQueue(world, { store });
    await next.start();
    await until(() => items(next).length === 0, 10);
    expect((await store.load()).items).toEqual([]);
  });
});

describe("checksums", () => {
  test("a photo that the project has already is not sent", async () => {
    const world = new World();
    const file = photo();
    const queue = worldQueue(world, { hash: webCryptoHasher, dedupe: false });
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
    const queue = worldQueue(world, { hash: webCryptoHasher, api: { ...worldApi(world), findExisting } });
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
    const queue = worldQueue(world, { hash: webCryptoHasher });
    await queue.add(photo());
    await until(allCompleted(queue));
    expect(world.count("put")).toBe(2);
  });
});

describe("files that are not there any more", () => {
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
});

describe("large files", () => {
  test("go in parts, and parts that are there are not sent again after a kill", async () => {
    const world = new World({ latencyMs: 500 });
    const store = new MemoryStore();
    const options = { store, multipartThreshold: 8_000 };
    const queue = worldQueue(world, options);
    await queue.add(photo(10_000));
    await until(() => world.sentBytes >= 4_000);
    await queue.stop();
    const next = worldQueue(world, options);
    await next.start();
    await until(allCompleted(next));
    expect(world.photos.size).toBe(1);
    expect(world.sentBytes).toBeLessThanOrEqual(11_000);
  });

  test("progress counts the parts that are there", async () => {
    const world = new World({ latencyMs: 200 });
    const queue = worldQueue(world, { multipartThreshold: 8_000 });
    const told: number[] = [];
    queue.subscribe(() => told.push(items(queue)[0]?.sentBytes ?? 0));
    await queue.add(photo(10_000));
    await until(allCompleted(queue));
    const sent = told.slice(0, told.indexOf(10_000) + 1);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
    expect(new Set(sent).size).toBeGreaterThan(8);
  });

  test("a service that knows no parts gets them whole", async () => {
    const world = new World();
    const beginMultipart = vi.fn(() => Promise.reject(new PhotodockError("not_found", "no", { status: 404 })));
    const queue = worldQueue(world, { multipartThreshold: 8_000, api: { ...worldApi(world), beginMultipart } });
    await queue.addAll([photo(10_000), photo(10_000)]);
    await until(allCompleted(queue));
    expect(beginMultipart).toHaveBeenCalledTimes(1);
    expect(world.count("put")).toBe(2);
  });

  test("one that wants parts for larger files only gets this one whole", async () => {
    const world = new World();
    const beginMultipart = vi.fn(() => Promise.reject(new PhotodockError("multipart_not_needed", "", { status: 409 })));
    const queue = worldQueue(world, { multipartThreshold: 8_000, api: { ...worldApi(world), beginMultipart } });
    await queue.addAll([photo(10_000), photo(10_000)]);
    await until(allCompleted(queue));
    expect(beginMultipart).toHaveBeenCalledTimes(1);
  });

  test("parts that were cleared away meanwhile are sent anew", async () => {
    const world = new World({ latencyMs: 500 });
    const queue = worldQueue(world, { multipartThreshold: 8_000 });
    await queue.add(photo(10_000));
    await until(() => world.sentBytes >= 4_000);
    for (const one of world.photos.values()) one.parts = null;
    await until(allCompleted(queue));
    expect(world.arrived).toHaveLength(1);
  });
});

describe("what is shown", () => {
  test("the snapshot is the same object until something changes, and listeners are told", async () => {
    const world = new World();
    const queue = worldQueue(world);
    await queue.start();
    const listener = vi.fn();
    const stop = queue.subscribe(listener);
    const before = queue.getSnapshot();
    expect(queue.getSnapshot()).toBe(before);
    await queue.add(photo());
    expect(queue.getSnapshot()).not.toBe(before);
    expect(listener).toHaveBeenCalled();
    stop();
    listener.mockClear();
    await until(allCompleted(queue));
    expect(listener).not.toHaveBeenCalled();
  });

  test("progress grows to 1 and covers the detection; events come in order, once each", async () => {
    const world = new World({ latencyMs: 300 });
    const queue = worldQueue(world);
    const events: string[] = [];
    for (const type of ["added", "arrived", "completed", "failed"] as const) queue.on(type, () => events.push(type));
    const fractions: number[] = [];
    queue.subscribe(() => fractions.push(queue.getSnapshot().progress.fraction));
    const { id } = await queue.add(photo());
    await until(() => steps(queue)[0] === "processing");
    expect(queue.getSnapshot().progress.fraction).toBeLessThan(1);
    const settled = queue.settled(id);
    await until(allCompleted(queue));
    expect((await settled)?.step).toBe("completed");
    expect(events).toEqual(["added", "arrived", "completed"]);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test("a listener that throws stops neither the others nor the upload", async () => {
    const world = new World();
    const queue = worldQueue(world);
    const thrown = new Error("of the app");
    const reported: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (work: () => void) => {
      try {
        work();
      } catch (error) {
        reported.push(error);
      }
    });
    queue.on("completed", () => {
      throw thrown;
    });
    const other = vi.fn();
    queue.on("completed", other);
    await queue.add(photo());
    await until(allCompleted(queue));
    vi.unstubAllGlobals();
    expect(other).toHaveBeenCalledTimes(1);
    expect(reported).toEqual([thrown]);
  });

  test("a photo that somebody deletes while it is followed is failed, not waited for", async () => {
    const world = new World({ processingMs: 600_000 });
    const queue = worldQueue(world);
    await queue.add(photo());
    await until(() => steps(queue)[0] === "processing");
    world.photos.clear();
    await until(() => steps(queue)[0] === "failed", 200);
    expect(items(queue)[0]?.error?.code).toBe("photo_not_found");
  });

  test("looks at a slow detection grow rarer", async () => {
    const world = new World({ processingMs: 1_800_000 });
    const queue = worldQueue(world);
    await queue.add(photo());
    await until(() => steps(queue)[0] === "processing");
    await pass(1_200);
    expect(world.count("photos")).toBeLessThan(35);
  });
});

function offline(): TestNetwork {
  const network = new TestNetwork();
  network.become({ online: false });
  return network;
}
