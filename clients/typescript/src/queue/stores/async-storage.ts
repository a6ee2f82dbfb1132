import type { StoredItem } from "../item.js";
import { decodeItem, encodeItem, type QueueStore, type StoredQueue } from "../store.js";

/** What is used of `@react-native-async-storage/async-storage`: its default export fits. */
export interface AsyncStorageLike {
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
  getAllKeys(): Promise<readonly string[]>;
}

/**
 * Keeps a queue in React Native's AsyncStorage: one entry for each photo, because Android reads none above 2 MB. Files
 * stay where they are and are known by their URI.
 */
export class AsyncStorageStore implements QueueStore {
  readonly keepsFiles = false;
  private readonly storage: AsyncStorageLike;
  private readonly prefix: string;

  constructor(storage: AsyncStorageLike, name = "photodock-uploads") {
    this.storage = storage;
    this.prefix = `${name}:`;
  }

  async load(): Promise<StoredQueue> {
    const start = this.keyOf("");
    const keys = (await this.storage.getAllKeys()).filter((key) => key.startsWith(start));
    const texts = await Promise.all(keys.map((key) => this.storage.getItem(key)));
    const items = texts.map((text) => (text === null ? null : decodeItem(text))).filter((item) => item !== null);
    return { items, paused: (await this.storage.getItem(this.pausedKey)) === "true" };
  }

  async add(items: readonly StoredItem[]): Promise<void> {
    await Promise.all(items.map((item) => this.storage.setItem(this.keyOf(item.id), encodeItem(item))));
  }

  async save(items: readonly StoredItem[]): Promise<void> {
    await Promise.all(
      items.map(async (item) => {
        const key = this.keyOf(item.id);
        if ((await this.storage.getItem(key)) !== null) await this.storage.setItem(key, encodeItem(item));
      }),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.storage.removeItem(this.keyOf(id))));
  }

  file(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  removeFiles(): Promise<void> {
    return Promise.resolve();
  }

  async savePaused(paused: boolean): Promise<void> {
    await this.storage.setItem(this.pausedKey, String(paused));
  }

  private keyOf(id: string): string {
    return `${this.prefix}item:${id}`;
  }

  private get pausedKey(): string {
    return `${this.prefix}paused`;
  }
}
