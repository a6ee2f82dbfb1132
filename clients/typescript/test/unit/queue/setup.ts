import { createHash } from "node:crypto";
import { onTestFinished, vi } from "vitest";

import { PhotodockClient } from "../../../src/client.js";
import type { Hasher } from "../../../src/hash.js";
import type { QueueItem } from "../../../src/queue/item.js";
import type { NetworkMonitor, NetworkState } from "../../../src/queue/network.js";
import type { UploadQueueOptions } from "../../../src/queue/options.js";
import { UploadQueue } from "../../../src/queue/queue.js";
import { MemoryStore } from "../../../src/queue/store.js";
import type { Transport } from "../../../src/transport.js";
import type { World } from "./world.js";
import { worldApi, worldTransport } from "./world-client.js";

const realImmediate = setImmediate;
let names = 0;

/** A client that speaks to the world alone. */
export function worldClient(world: World, transport: Transport = worldTransport(world)): PhotodockClient {
  return new PhotodockClient({ baseUrl: "https://unused.example", token: () => "a-token", transport });
}

/** A queue of its own name, so that queues of one process don't hear each other; stopped when the test ends. */
export function worldQueue(world: World, options: UploadQueueOptions & { transport?: Transport } = {}): UploadQueue {
  const queue = new UploadQueue(worldClient(world, options.transport), {
    ...{ api: worldApi(world), store: new MemoryStore(), projectId: "project", hash: null, locks: null },
    ...{ name: `queue-${String((names += 1))}`, network: new TestNetwork() },
    ...options,
  });
  onTestFinished(() => queue.stop());
  return queue;
}

export class TestNetwork implements NetworkMonitor {
  private state: NetworkState = { online: true };
  private readonly listeners = new Set<(state: NetworkState) => void>();

  current(): NetworkState {
    return this.state;
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  become(state: NetworkState): void {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}

export function offline(): TestNetwork {
  const network = new TestNetwork();
  network.become({ online: false });
  return network;
}

export function items(queue: UploadQueue): readonly QueueItem[] {
  return queue.getSnapshot().items;
}

export function steps(queue: UploadQueue): string[] {
  return items(queue).map(({ step }) => step);
}

export function allCompleted(queue: UploadQueue): () => boolean {
  return () => steps(queue).every((step) => step === "completed");
}

/** At once: WebCrypto works in a thread of its own, which virtual time does not wait for. */
export const sha256: Hasher = (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest("base64"));

let made = 0;

/** No two alike. */
export function photo(size = 2_000): File {
  made += 1;
  return new File([new Uint8Array(size).fill(made)], `photo-${String(made)}.jpg`, {
    type: "image/jpeg",
    lastModified: made,
  });
}

/** Lets virtual time pass. Blobs are read in real turns of the loop, which fake timers don't know. */
export async function pass(seconds: number): Promise<void> {
  const step = 250;
  for (let left = seconds * 1000; left > 0; left -= step) {
    await vi.advanceTimersByTimeAsync(Math.min(step, left));
    await turns();
  }
}

export async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => realImmediate(resolve));
}

/** Lets time pass until it holds. */
export async function until(holds: () => boolean, seconds = 600): Promise<void> {
  await turns();
  for (let at = 0; at < seconds; at += 1) {
    if (holds()) return;
    await pass(1);
  }
  if (!holds()) throw new Error(`It did not hold within ${String(seconds)} seconds.`);
}
