import { Buffer } from "node:buffer";

import type { QueueStore, StoredFile, StoredItem, StoredQueue } from "../../src/index.js";
import { startedChromium } from "../browser/harness.js";
import { storeContract } from "../contract/store.js";

const chromium = await startedChromium();
const page = await chromium.page();

/** An IndexedDBStore of a page, called from here. */
class StoreOfPage implements QueueStore {
  readonly keepsFiles = true;
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  load(): Promise<StoredQueue> {
    return page.evaluate(async (name) => new photodock.IndexedDBStore({ name }).load(), this.name);
  }

  async add(items: readonly StoredItem[], files: ReadonlyMap<string, StoredFile>): Promise<void> {
    const sent: [id: string, type: string, base64: string][] = [];
    for (const [id, file] of files) {
      const blob = file as Blob;
      sent.push([id, blob.type, Buffer.from(await blob.arrayBuffer()).toString("base64")]);
    }
    await page.evaluate(
      async ({ name, items, sent }) => {
        const files = sent.map(([id, type, base64]): [string, Blob] => {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          return [id, new Blob([bytes], { type })];
        });
        await new photodock.IndexedDBStore({ name }).add(items, new Map(files));
      },
      { name: this.name, items, sent },
    );
  }

  save(items: readonly StoredItem[]): Promise<void> {
    return page.evaluate(async ({ name, items }) => new photodock.IndexedDBStore({ name }).save(items), {
      ...{ name: this.name, items },
    });
  }

  remove(ids: readonly string[]): Promise<void> {
    return page.evaluate(async ({ name, ids }) => new photodock.IndexedDBStore({ name }).remove(ids), {
      ...{ name: this.name, ids },
    });
  }

  async file(id: string): Promise<StoredFile | undefined> {
    const found = await page.evaluate(
      async ({ name, id }) => {
        const file = await new photodock.IndexedDBStore({ name }).file(id);
        if (!(file instanceof Blob)) return null;
        const bytes = [...new Uint8Array(await file.arrayBuffer())];
        return { bytes, type: file.type };
      },
      { name: this.name, id },
    );
    return found ? new Blob([new Uint8Array(found.bytes)], { type: found.type }) : undefined;
  }

  removeFiles(ids: readonly string[]): Promise<void> {
    return page.evaluate(async ({ name, ids }) => new photodock.IndexedDBStore({ name }).removeFiles(ids), {
      ...{ name: this.name, ids },
    });
  }

  savePaused(paused: boolean): Promise<void> {
    return page.evaluate(async ({ name, paused }) => new photodock.IndexedDBStore({ name }).savePaused(paused), {
      ...{ name: this.name, paused },
    });
  }
}

storeContract("IndexedDBStore in Chromium", () => {
  const name = crypto.randomUUID();
  return { open: () => new StoreOfPage(name) };
});
