import type { StoredItem } from "./item.js";

/** What a store may keep of a file: its bytes, or a handle to it (`showOpenFilePicker`). */
export type StoredFile = Blob | FileHandle;

/** What is used of a FileSystemFileHandle. */
export interface FileHandle {
  readonly kind: "file";
  getFile(): Promise<File>;
}

/**
 * Where a queue survives a reload or the end of its app. `storeContract` in `test/contract` is what every store must pass.
 *
 * A promise that resolves means that it is written. A record is written as a whole or not at all; of several records some
 * may be written. Records are plain JSON (`undefined` stays away), files are kept apart from them and never written
 * twice. All reject when the store fails.
 */
export interface QueueStore {
  /** Whether `add` takes files: without, they stay in the page. */
  readonly keepsFiles: boolean;
  /** All records, in no certain order. */
  load(): Promise<StoredQueue>;
  /** New records with their files: both or neither of each. */
  add(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile>): Promise<void>;
  /** Records that changed. One that is not there (any more) is not made. */
  save(items: readonly StoredItem[]): Promise<void>;
  /** Records and their files. Those that are not there don't matter. */
  remove(ids: readonly string[]): Promise<void>;
  file(id: string): Promise<StoredFile | undefined>;
  removeFiles(ids: readonly string[]): Promise<void>;
  /** Whether the queue as a whole is paused. */
  savePaused(paused: boolean): Promise<void>;
}

export interface StoredQueue {
  readonly items: readonly StoredItem[];
  readonly paused: boolean;
}

/** Keeps everything until the page goes: for tests, and where nothing may be stored. */
export class MemoryStore implements QueueStore {
  readonly keepsFiles = true;
  private readonly items = new Map<string, string>();
  private readonly files = new Map<string, StoredFile>();
  private paused = false;

  load(): Promise<StoredQueue> {
    const items = [...this.items.values()].map((text) => JSON.parse(text) as StoredItem);
    return Promise.resolve({ items, paused: this.paused });
  }

  add(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile>): Promise<void> {
    for (const item of items) this.items.set(item.id, JSON.stringify(item));
    for (const [id, file] of files) this.files.set(id, file);
    return Promise.resolve();
  }

  save(items: readonly StoredItem[]): Promise<void> {
    for (const item of items) if (this.items.has(item.id)) this.items.set(item.id, JSON.stringify(item));
    return Promise.resolve();
  }

  remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.items.delete(id);
    return this.removeFiles(ids);
  }

  file(id: string): Promise<StoredFile | undefined> {
    return Promise.resolve(this.files.get(id));
  }

  removeFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.files.delete(id);
    return Promise.resolve();
  }

  savePaused(paused: boolean): Promise<void> {
    this.paused = paused;
    return Promise.resolve();
  }
}

/** A record as text. For stores of texts. */
export function encodeItem(item: StoredItem): string {
  return JSON.stringify(item);
}

/** Null for what cannot be read: one broken record must not take the others with it. */
export function decodeItem(text: string): StoredItem | null {
  try {
    const item = JSON.parse(text) as Partial<StoredItem> | null;
    return typeof item?.id === "string" && typeof item.step === "string" ? (item as StoredItem) : null;
  } catch {
    return null;
  }
}
