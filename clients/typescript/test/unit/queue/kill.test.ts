import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { QueueApi } from "../../../src/queue/api.js";
import { UploadQueue } from "../../../src/queue/queue.js";
import { MemoryStore, type QueueStore } from "../../../src/queue/store.js";
import type { Transport } from "../../../src/transport.js";
import { photo, TestNetwork, turns, pass, worldClient } from "./setup.js";
import { World, type Fault } from "./world.js";
import { worldApi, worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Kill {
  /** The how many-th operation (a write or read of the store, a call, a PUT) is this life's last. */
  readonly at: number;
  /** Whether it still took effect. */
  readonly done: boolean;
}

/** A process that may be killed: afterwards nothing that it began ends, and nothing that it begins happens. */
class Life {
  dead = false;
  private operations = 0;
  private readonly kill: Kill | null;

  constructor(kill: Kill | null) {
    this.kill = kill;
  }

  /** The same object, whose every call is an operation of this life. */
  of<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) =>
          this.operation(() => (value as (...a: unknown[]) => unknown).apply(object, given));
      },
    });
  }

  private async operation(work: () => unknown): Promise<unknown> {
    if (this.dead) return never();
    this.operations += 1;
    const last = this.kill !== null && this.operations === this.kill.at;
    if (last && !this.kill.done) this.dead = true;
    if (this.dead) return never();
    try {
      const result = await work();
      if (last) this.dead = true;
      return this.dead ? await never() : result;
    } catch (error) {
      if (last) this.dead = true;
      if (this.dead) return never();
      throw error;
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** Rejects each write whose turn is in `failures`. */
function unreliable(store: QueueStore, failures: readonly boolean[], writes: { count: number }): QueueStore {
  return new Proxy(store, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const fails = name !== "load" && name !== "file" && failures[writes.count++];
        if (fails) return Promise.reject(new Error("The disk is full."));
        return (value as (...a: unknown[]) => unknown).apply(object, given);
      };
    },
  });
}

const kills = fc.array(fc.record({ at: fc.integer({ min: 1, max: 45 }), done: fc.boolean() }), { maxLength: 6 });
const fault = fc.constantFrom<Fault>(
  ...(["none", "none", "none", "lost", "answer", "answer", "cut", 400, 403, 409, 429, 500, 503] as const),
);
const story = fc.record({
  sizes: fc.array(fc.constantFrom(1_500, 2_000, 4_500), { minLength: 1, maxLength: 4 }),
  kills,
  faults: fc.array(fault, { maxLength: 40 }),
  storeFailures: fc.array(
    fc.boolean().map((fails) => fails),
    { maxLength: 12 },
  ),
  ttlSeconds: fc.constantFrom(900, 25),
  reportsProgress: fc.boolean(),
});

async function live(
  life: Life,
  world: World,
  store: QueueStore,
  disk: MemoryStore,
  files: File[],
  originalFiles: readonly File[],
  reportsProgress: boolean,
): Promise<void> {
  const client = worldClient(world, life.of<Transport>(worldTransport(world, reportsProgress)));
  const queue = new UploadQueue(client, {
    ...{
      api: life.of<QueueApi>(worldApi(world)),
      store: life.of(store),
      projectId: "project",
      hash: null,
      locks: null,
    },
    ...{ name: crypto.randomUUID(), network: new TestNetwork(), multipartThreshold: 4_000 },
  });
  const added = new Set<File>();
  const originals = new Map(originalFiles.map((file) => [file.name, file]));
  for (let second = 0; second < 1_200 && !life.dead; second += 5) {
    // Whoever was told "stored" may forget the file; whoever was not has it still, and adds it again.
    for (const file of files.filter((each) => !added.has(each))) {
      added.add(file);
      queue.add(file).then(
        () => files.splice(files.indexOf(file), 1),
        () => added.delete(file),
      );
    }
    if (files.length === 0) void queue.start();
    await turns();
    await pass(5);
    const { items } = queue.getSnapshot();
    for (const { id, error, origin, fileName } of items.filter(({ step }) => step === "failed")) {
      // Only where the disk had no room for the file itself its user is asked for it again.
      if (error?.code === "file_missing") expect(origin.kind).toBe("page");
      void queue.retry(id, originals.get(error?.code === "file_missing" ? fileName : "")).catch(() => undefined);
    }
    const written = (await disk.load()).items.every(({ step }) => step === "completed");
    const done = written && items.length > 0 && items.every(({ step }) => step === "completed") && files.length === 0;
    if (done) break;
  }
  if (!life.dead) await queue.stop();
}

test("killed at any step and however requests fail, every photo arrives and none becomes two", async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ sizes, kills, faults, storeFailures, ttlSeconds, reportsProgress }) => {
      const world = new World({ faults, ttlSeconds });
      const disk = new MemoryStore();
      const writes = { count: 0 };
      const originals = sizes.map((size) => photo(size));
      const files = [...originals];
      for (const kill of [...kills, null]) {
        const store = unreliable(disk, storeFailures, writes);
        await live(new Life(kill), world, store, disk, files, originals, reportsProgress);
      }

      const photos = [...world.photos.values()];
      expect(photos.map(({ status }) => status)).toEqual(sizes.map(() => "completed"));
      expect(photos.map(({ item }) => item.file_size).sort()).toEqual([...sizes].sort());
      const { items } = await disk.load();
      expect(items.map(({ step }) => step)).toEqual(sizes.map(() => "completed"));
      expect(new Set(items.map(({ photoId }) => photoId)).size).toBe(sizes.length);
    }),
    { numRuns: Number(process.env["PHOTODOCK_TEST_QUEUE_STORIES"] ?? 60) },
  );
}, 240_000);
