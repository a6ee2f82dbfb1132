import type { Hasher } from "../hash.js";
import type { QueueApi } from "./api.js";
import type { ResolveUri } from "./files.js";
import type { NetworkMonitor, NetworkPolicy } from "./network.js";
import type { LocksLike } from "./owner.js";
import { MemoryStore, type QueueStore } from "./store.js";
import { IndexedDBStore } from "./stores/indexeddb.js";

export interface UploadQueueOptions extends NetworkPolicy {
  /** For photos that are added without a project of their own. */
  readonly projectId?: string | undefined;
  /** Two queues of one app need two names. */
  readonly name?: string | undefined;
  /** IndexedDB where there is one; else nothing survives a reload. */
  readonly store?: QueueStore | undefined;
  /** `contents`: files are stored too, so that a reload resumes by itself. `ask`: after a reload they are asked for. */
  readonly keepFiles?: "contents" | "ask" | undefined;
  readonly network?: NetworkMonitor | undefined;
  /** The client's by default; null: no checksums, and no look whether a photo is there already. */
  readonly hash?: Hasher | null | undefined;
  /** Whether photos that the project has already, by their checksum, are left out. */
  readonly skipExisting?: boolean | undefined;
  /** Whether a file that is in the queue already is the same item when it is added again. */
  readonly dedupe?: boolean | undefined;
  /** PUTs at once, at the most: 6. How many there are is found out by measuring. */
  readonly maxConcurrency?: number | undefined;
  /** Files from this size on go in parts: 8 MiB. Infinity: never. */
  readonly multipartThreshold?: number | undefined;
  /** Completed photos are forgotten after so many seconds, when the queue starts: a day. */
  readonly keepCompletedSeconds?: number | undefined;
  /** Where a stored file URI is now: on iOS an app's folder moves with each update. */
  readonly resolveUri?: ResolveUri | undefined;
  /** Which tab works: Web Locks where there are any; null: this one. */
  readonly locks?: LocksLike | null | undefined;
  /** The service's calls, in place of the client's. */
  readonly api?: QueueApi | undefined;
}

export const DEFAULT_NAME = "photodock-uploads";
/** Below it a broken connection costs less than the calls that parts need. */
export const MULTIPART_THRESHOLD = 8 * 1024 * 1024;
export const DAY_SECONDS = 86_400;

export function defaultStore(name: string): QueueStore {
  return typeof indexedDB === "undefined" ? new MemoryStore() : new IndexedDBStore({ name });
}
