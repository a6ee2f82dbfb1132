import { expect, test } from "vitest";

import { dropped, ofFolder } from "../src/files.js";
import { Intake } from "../src/intake.js";

type Given = Parameters<typeof dropped>[0];

/** A file or a folder as a browser gives it; null: it cannot be read. */
interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly file: (resolve: (file: File) => void, reject: (error: Error) => void) => void;
  readonly createReader: () => {
    readonly readEntries: (resolve: (entries: Entry[]) => void, reject: (error: Error) => void) => void;
  };
}

const UNREADABLE = new DOMException("A requested file could not be read.", "NotReadableError");

function file(name: string, readable = true): Entry {
  return {
    ...{ name, isFile: true, createReader: () => ({ readEntries: () => undefined }) },
    file: (resolve, reject) => {
      if (readable) resolve(new File([name], name));
      else reject(UNREADABLE);
    },
  };
}

/** Its entries in parts; a part of null cannot be read. */
function folder(name: string, ...parts: (Entry[] | null)[]): Entry {
  const createReader: Entry["createReader"] = () => {
    let at = 0;
    return {
      readEntries: (resolve, reject) => {
        const part = parts[at++];
        if (part === null) reject(UNREADABLE);
        else resolve(part ?? []);
      },
    };
  };
  return { name, isFile: false, file: () => undefined, createReader };
}

function drop(...entries: Entry[]): Given {
  return { items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] } as unknown as Given;
}

const namesOf = (files: readonly File[]): string[] => files.map(({ name }) => name);

test("what cannot be read is left out of a drop and counted, and all the rest is taken", async () => {
  const card = folder(
    "card",
    [file("a.jpg"), file("worn.jpg", false)],
    [folder("DCIM", [file("b.jpg")], null)],
    [file("c.jpg")],
  );
  const { files, leftOut, unread } = await dropped(drop(file("gone.jpg", false), card, file("d.jpg")));
  expect(namesOf(files)).toEqual(["d.jpg", "a.jpg", "b.jpg", "c.jpg"]);
  expect([leftOut, unread]).toEqual([0, 3]);
});

test("hidden folders are left where they are, but for one that was chosen itself", async () => {
  const hidden = folder(".thumbnails", [file("small.jpg")]);
  const { files } = await dropped(drop(folder("DCIM", [hidden, file("a.jpg")]), folder(".card", [file("b.jpg")])));
  expect(namesOf(files)).toEqual(["a.jpg", "b.jpg"]);
  const chosen = ["DCIM/.thumbnails/small.jpg", "DCIM/roof/c.jpg", ".card/d.jpg"].map((path) =>
    Object.assign(new File([], path.split("/").at(-1) ?? ""), { webkitRelativePath: path }),
  );
  expect(namesOf(ofFolder(chosen).files)).toEqual(["c.jpg", "d.jpg"]);
});

function photos(count: number): File[] {
  return Array.from({ length: count }, (_, number) => new File([], `${String(number)}.jpg`));
}

/** A queue that is started by what is added; `works` decides about each call, and may wait. */
class FakeQueue {
  readonly taken: string[] = [];
  running = true;
  calls = 0;
  works: (call: number) => Promise<void> = () => Promise.resolve();

  readonly addAll = async (files: readonly unknown[]): Promise<[]> => {
    await this.works((this.calls += 1));
    this.running = true;
    this.taken.push(...namesOf(files as File[]));
    return [];
  };

  readonly stop = (): Promise<void> => {
    this.running = false;
    return Promise.resolve();
  };
}

function found(files: File[]): { files: File[]; leftOut: number; unread: number } {
  return { files, leftOut: 0, unread: 0 };
}

test("files that cannot be stored are counted, and those behind them are taken", async () => {
  const queue = new FakeQueue();
  const intake = new Intake(queue);
  queue.works = (call) => (call === 2 ? Promise.reject(new Error("The disk is full.")) : Promise.resolve());
  await intake.add({ ...found(photos(50)), leftOut: 1, unread: 2 }, "p");
  expect(queue.taken).toHaveLength(30);
  expect(queue.taken.at(-1)).toBe("49.jpg");
  expect(intake.getSnapshot().said).toBe(
    "1 file that is no picture was left out. 2 files or folders could not be read and were left out. " +
      "20 of 50 files could not be stored; add them again: The disk is full.",
  );
  queue.works = () => Promise.resolve();
  await intake.add(found(photos(50)), "p");
  expect(intake.getSnapshot()).toEqual({ storing: false, said: null });
  await intake.add(found([]), "p");
  expect(intake.getSnapshot().said).toBe("There is no photo in what was chosen.");
  await intake.add({ ...found([]), unread: 1 }, "p");
  expect(intake.getSnapshot().said).toBe("1 file or folder could not be read and was left out.");
});

test("whoever has signed out adds nothing more, and the queue stays stopped", async () => {
  const queue = new FakeQueue();
  const intake = new Intake(queue);
  // Signs out while the second part is being stored.
  queue.works = async (call) => {
    if (call !== 2) return;
    intake.end();
    await queue.stop();
  };
  await Promise.all([intake.add(found(photos(100)), "p"), intake.add(found(photos(100)), "p")]);
  expect(queue.calls).toBe(2);
  expect(queue.running).toBe(false);
});

test("files are nowhere but in the page until the last of all drops is stored", async () => {
  const queue = new FakeQueue();
  const intake = new Intake(queue);
  let read: (files: ReturnType<typeof found>) => void = () => undefined;
  const slow = intake.add(new Promise<ReturnType<typeof found>>((resolve) => (read = resolve)), "p");
  await intake.add(found(photos(1)), "p");
  expect(intake.getSnapshot().storing).toBe(true);
  read(found(photos(1)));
  await slow;
  expect(intake.getSnapshot().storing).toBe(false);
});
