import { beforeEach, describe, expect, test } from "vitest";

import type { StoredItem } from "../../src/queue/item.js";
import type { QueueStore } from "../../src/queue/store.js";

export function storedItem(id: string, changes: Partial<StoredItem> = {}): StoredItem {
  return {
    ...{
      id,
      idempotencyKey: null,
      addedAt: 1_700_000_000_000,
      endedAt: null,
      projectId: "project",
      fileName: "Dach — 屋根 🏠.jpg",
    },
    ...{ fileSize: 2_000, mimeType: "image/jpeg", detectionTypes: ["damage"], priority: "high", paused: false },
    ...{ clientMetadata: { latitude: 52.5163, longitude: 13.3777 }, origin: { kind: "store" }, fingerprint: null },
    ...{ step: "waiting", checksum: null, looked: false, existing: false, photoId: null, target: null },
    ...{ multipart: null, photoStatus: null, refusals: 0, error: null },
    ...changes,
  };
}

/** What every QueueStore must do. `open` opens the same one again and again: what was written must be there. */
export function storeContract(name: string, setUp: () => { open: () => QueueStore | Promise<QueueStore> }): void {
  describe(`${name} keeps the contract of a queue's store`, () => {
    let open: () => QueueStore | Promise<QueueStore>;
    let store: QueueStore;
    beforeEach(async () => {
      ({ open } = setUp());
      store = await open();
    });
    const reopened = async (): Promise<QueueStore> => open();
    const loaded = async (): Promise<StoredItem[]> => {
      const { items } = await (await reopened()).load();
      return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
    };

    test("a new one is empty and not paused", async () => {
      expect(await store.load()).toEqual({ items: [], paused: false });
    });

    test("what was added is there, whole, when it is opened again", async () => {
      const target = { url: "https://s3.example/x?a=b&c=%2F", method: "PUT", headers: { A: "b" }, expiresAt: 1.5e12 };
      const items = [storedItem("a", { target, multipart: { partSize: 5, partCount: 2 } }), storedItem("b")];
      await store.add(items, new Map());
      expect(await loaded()).toEqual(items);
    });

    test("a checksum that is not known yet is not mistaken for none", async () => {
      await store.add([storedItem("a", { checksum: undefined }), storedItem("b", { checksum: null })], new Map());
      expect((await loaded()).map(({ checksum }) => checksum)).toEqual([undefined, null]);
    });

    test("more than a thousand at once are added and removed", async () => {
      const items = Array.from({ length: 1_200 }, (_, index) => storedItem(String(index).padStart(5, "0")));
      await store.add(items, new Map());
      expect(await loaded()).toHaveLength(1_200);
      await store.remove(items.slice(1).map(({ id }) => id));
      expect((await loaded()).map(({ id }) => id)).toEqual(["00000"]);
    });

    test("what was saved replaces what was there, and nothing else", async () => {
      await store.add([storedItem("a"), storedItem("b")], new Map());
      await store.save([storedItem("a", { step: "ready", photoId: "p" })]);
      expect(await loaded()).toEqual([storedItem("a", { step: "ready", photoId: "p" }), storedItem("b")]);
    });

    test("saving what was removed doesn't bring it back", async () => {
      await store.add([storedItem("a"), storedItem("b")], new Map());
      await store.remove(["a"]);
      await store.save([storedItem("a", { step: "sent" }), storedItem("b", { step: "sent" })]);
      expect(await loaded()).toEqual([storedItem("b", { step: "sent" })]);
    });

    test("removing twice, or what never was, is harmless", async () => {
      await store.add([storedItem("a")], new Map());
      await store.remove(["a", "x"]);
      await store.remove(["a"]);
      await store.removeFiles(["a", "x"]);
      expect(await loaded()).toEqual([]);
    });

    test("whether it is paused is kept", async () => {
      await store.savePaused(true);
      expect((await (await reopened()).load()).paused).toBe(true);
      await store.savePaused(false);
      expect((await (await reopened()).load()).paused).toBe(false);
    });

    test("nothing at all to add, save or remove is no failure", async () => {
      await store.add([], new Map());
      await store.save([]);
      await store.remove([]);
      expect(await loaded()).toEqual([]);
    });

    test("a file is there until it is removed, if files are kept at all", async () => {
      const bytes = new Uint8Array([1, 2, 3, 254]);
      const blob = new Blob([bytes], { type: "image/jpeg" });
      await store.add([storedItem("a")], store.keepsFiles ? new Map([["a", blob]]) : new Map());
      const file = await (await reopened()).file("a");
      if (store.keepsFiles) {
        expect(file).toBeInstanceOf(Blob);
        const kept = file as Blob;
        expect(new Uint8Array(await kept.arrayBuffer())).toEqual(bytes);
        expect(kept.type).toBe("image/jpeg");
      } else expect(file).toBeUndefined();
      await store.removeFiles(["a"]);
      expect(await (await reopened()).file("a")).toBeUndefined();
      expect(await loaded()).toEqual([storedItem("a")]);
    });
  });
}
