import type { Photo, PhotoEvent, PhotoPage, PhotoStatus } from "@photodock/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Library } from "../src/library.js";
import type { Session } from "../src/session.js";

interface Asked {
  /** What the service has of these now, on its way from now on. */
  readonly answer: (...photos: Photo[]) => Promise<void>;
  readonly ids: string | undefined;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function photo(id: string, status: PhotoStatus): Photo {
  return { id, status, created_at: `2026-01-01T00:00:0${id}Z` } as Photo;
}

/** A library whose answers come when the test wants them, and what it shows. */
function opened(filter: PhotoStatus | null = null) {
  const asked: Asked[] = [];
  let tell: (event: PhotoEvent) => void = () => undefined;
  const photos = ({ ids }: { ids?: string }): Promise<PhotoPage> =>
    new Promise((resolve) => {
      const answer = async (...items: Photo[]): Promise<void> => {
        resolve({ items, next_cursor: null });
        await vi.advanceTimersByTimeAsync(0);
      };
      asked.push({ answer, ids });
    });
  const feed = { listen: ({ changed }: { changed: typeof tell }) => ((tell = changed), () => undefined) };
  const session = { client: { photos }, feed: () => feed } as unknown as Session;
  const library = new Library(session, "p", filter, () => undefined);
  library.start();
  return {
    shown: () => library.getSnapshot().photos.map(({ id, status }) => `${id} ${status}`),
    next: (): Asked => asked.shift() ?? expect.fail("Nothing was asked for."),
    event: (type: string, photo_id?: string): void => {
      tell({ type, photo_id } as PhotoEvent);
    },
    /** What changed is asked for. */
    gathered: () => vi.advanceTimersByTimeAsync(1000),
  };
}

test("a list that was asked for before a photo changed takes nothing back", async () => {
  const { shown, next, event, gathered } = opened();
  await next().answer(photo("1", "processing"), photo("2", "processing"));
  event("reset");
  const list = next();
  event("photo.completed", "1");
  await gathered();
  const changed = next();
  expect(changed.ids).toBe("1");
  await changed.answer(photo("1", "completed"));
  await list.answer(photo("1", "processing"), photo("2", "completed"));
  expect(shown()).toEqual(["2 completed", "1 completed"]);
});

test("a photo that was deleted while an answer with it was on its way does not come back", async () => {
  const { shown, next, event, gathered } = opened();
  await next().answer(photo("1", "completed"), photo("2", "completed"));
  event("photo.renditions", "2");
  await gathered();
  const changed = next();
  event("reset");
  const list = next();
  event("photo.deleted", "2");
  await changed.answer(photo("2", "completed"));
  expect(shown()).toEqual(["1 completed"]);
  await list.answer(photo("1", "completed"), photo("2", "completed"));
  expect(shown()).toEqual(["1 completed"]);
});

test("a photo that has left the filter does not come back by a list that is older", async () => {
  const { shown, next, event, gathered } = opened("processing");
  await next().answer(photo("1", "processing"), photo("2", "processing"));
  event("reset");
  const list = next();
  event("photo.completed", "2");
  await gathered();
  await next().answer(photo("2", "completed"));
  expect(shown()).toEqual(["1 processing"]);
  await list.answer(photo("1", "processing"), photo("2", "processing"));
  expect(shown()).toEqual(["1 processing"]);
});
