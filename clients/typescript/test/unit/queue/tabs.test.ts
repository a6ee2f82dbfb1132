import { expect, test, vi } from "vitest";

import { newItem } from "../../../src/queue/adding.js";
import type { LocksLike } from "../../../src/queue/owner.js";
import type { UploadQueue } from "../../../src/queue/queue.js";
import { Peers } from "../../../src/queue/peers.js";
import { MemoryStore, type StoredFile } from "../../../src/queue/store.js";
import { Tabs } from "../../../src/queue/tabs.js";
import { View } from "../../../src/queue/view.js";
import { photo, steps, TestNetwork, turns, worldQueue } from "./setup.js";
import { World } from "./world.js";

/** Web Locks of one name, for the tabs of one test. */
class Locks implements LocksLike {
  private turn: Promise<unknown> = Promise.resolve();

  request(_name: string, { signal }: { signal: AbortSignal }, callback: () => Promise<void>): Promise<unknown> {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error);
      });
    });
    let held: Promise<unknown> = Promise.resolve();
    const granted = this.turn.then(() => {
      if (!signal.aborted) held = callback();
      return held;
    });
    this.turn = granted.catch(() => undefined);
    return Promise.race([granted, aborted]).catch(async (error: unknown) => {
      await held;
      throw error;
    });
  }
}

interface Browser {
  readonly name: string;
  readonly world: World;
  readonly store: MemoryStore;
  readonly tab: (options?: { network?: TestNetwork; keepFiles?: "ask" }) => UploadQueue;
}

/** Tabs share a store, a name and the locks, as those of one browser do. Their channel is a real one. */
function browser(): Browser {
  const world = new World({ latencyMs: 1, processingMs: 1 });
  const shared = { store: new MemoryStore(), name: crypto.randomUUID(), locks: new Locks() };
  return {
    world,
    name: shared.name,
    store: shared.store,
    tab: (options = {}) => worldQueue(world, { ...shared, ...options }),
  };
}

function shows(queue: UploadQueue, expected: string[]): Promise<void> {
  return vi.waitFor(
    () => {
      expect(steps(queue)).toEqual(expected);
    },
    { timeout: 20_000, interval: 20 },
  );
}

function owns(queue: UploadQueue): Promise<void> {
  return vi.waitFor(
    () => {
      expect(queue.getSnapshot().isOwner).toBe(true);
    },
    { timeout: 20_000, interval: 20 },
  );
}

test("one tab works, the others show it", async () => {
  const { world, tab } = browser();
  const [first, second] = [tab(), tab()];
  await first.start();
  await owns(first);
  await second.start();
  await first.addAll([photo(), photo()]);
  await shows(second, ["completed", "completed"]);
  expect(second.getSnapshot().isOwner).toBe(false);
  expect(world.count("put")).toBe(2);
});

test("what another tab adds the owner sends, also where only that tab's page has the file", async () => {
  const { world, tab } = browser();
  const [first, second] = [tab(), tab({ keepFiles: "ask" })];
  await first.start();
  await owns(first);
  await second.add(photo());
  await shows(first, ["completed"]);
  expect(world.arrived).toHaveLength(1);
});

test("what another tab's user wants the owner does, and what fails there is told here", async () => {
  const { store, tab } = browser();
  const network = new TestNetwork();
  network.become({ online: false });
  const [first, second] = [tab({ network }), tab()];
  await first.start();
  await owns(first);
  const { id } = await second.add(photo());
  await second.pause();
  expect(first.getSnapshot().paused).toBe(true);
  vi.spyOn(store, "savePaused").mockRejectedValueOnce(new Error("no room"));
  await expect(second.resume()).rejects.toThrow("no room");
  network.become({ online: true });
  await second.cancel(id);
  await shows(first, []);
  await shows(second, []);
});

test("when the owner stops another one takes over, and does what was wanted meanwhile", async () => {
  const { world, tab } = browser();
  const network = new TestNetwork();
  network.become({ online: false });
  const [first, second] = [tab({ network }), tab()];
  await first.start();
  await owns(first);
  await second.start();
  await first.add(photo());
  await shows(second, ["waiting"]);
  await first.stop();
  const added = second.add(photo());
  await owns(second);
  await added;
  await shows(second, ["completed", "completed"]);
  expect(world.photos.size).toBe(2);
});

/** Holds a call of the store until it is let go. */
function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Resolves when a message of this type has gone through the tabs' channel. */
function heard(name: string, type: string): Promise<void> {
  const channel = new BroadcastChannel(name);
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if ((data as { type: string }).type !== type) return;
      channel.close();
      resolve();
    };
  });
}

test("what a tab wants while nobody owns the queue, whichever other tab comes to own it does", async () => {
  const { name, store, tab } = browser();
  const [first, second, third] = [tab(), tab(), tab()];
  await first.start();
  await owns(first);
  await second.start();
  await third.start();
  const { opened, open } = gate();
  const load = store.load.bind(store);
  const loading = vi.spyOn(store, "load").mockImplementation(async () => opened.then(load));
  await first.stop();
  await expect.poll(() => loading).toHaveBeenCalled();
  const told = heard(name, "command");
  const paused = third.pause();
  await told;
  open();
  await paused;
  expect(second.getSnapshot()).toMatchObject({ isOwner: true, paused: true });
});

test("what an owner has begun to do for another tab is written down before the next owner reads", async () => {
  const { store, tab } = browser();
  const [first, second] = [tab(), tab()];
  await first.start();
  await owns(first);
  await second.start();
  const { opened, open } = gate();
  const save = store.savePaused.bind(store);
  const saving = vi.spyOn(store, "savePaused").mockImplementation(async (paused) => opened.then(() => save(paused)));
  const paused = second.pause();
  await expect.poll(() => saving).toHaveBeenCalled();
  const stopped = first.stop();
  for (let time = 0; time < 20; time += 1) await turns();
  open();
  await Promise.all([stopped, paused, owns(second)]);
  expect(second.getSnapshot().paused).toBe(true);
});

test("a command that nobody has done when its tab stops is refused", async () => {
  const nobody: LocksLike = {
    request: (_, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      }),
  };
  const queue = worldQueue(new World(), { locks: nobody });
  await queue.start();
  const paused = queue.pause();
  const refused = expect(paused).rejects.toThrow("stopped");
  await queue.stop();
  await refused;
});

test("what is added while the queue is being stopped is stored, and there at the next start", async () => {
  const { store, tab } = browser();
  const queue = tab();
  await queue.start();
  const add = store.add.bind(store);
  vi.spyOn(store, "add").mockImplementation(async (items, files) => {
    await queue.stop();
    await add(items, files);
  });
  const { id } = await queue.add(photo());
  await queue.start();
  expect(queue.getSnapshot().items.map((item) => item.id)).toEqual([id]);
});

test("a stopped queue can be started again", async () => {
  const { world, tab } = browser();
  const queue = tab();
  await queue.start();
  await queue.stop();
  await queue.add(photo());
  await shows(queue, ["completed"]);
  expect(world.count("put")).toBe(1);
});

test("a file that only the page has is let go when its photo has arrived", async () => {
  const held = new Map<string, StoredFile>([["a", photo()]]);
  const tabs = new Tabs(new View(), held, (listener) => new Peers(crypto.randomUUID(), listener));
  const { item } = await newItem(photo(), { idempotencyKey: "a" }, "project");
  tabs.changed([{ ...item, step: "sending" }]);
  expect(held.size).toBe(1);
  tabs.changed([{ ...item, step: "processing" }]);
  expect(held.size).toBe(0);
  tabs.close();
});
