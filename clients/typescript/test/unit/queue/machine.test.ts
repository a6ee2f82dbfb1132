import { expect, test } from "vitest";

import type { IssuedUpload, Photo } from "../../../src/models.js";
import type { Step, StoredItem } from "../../../src/queue/item.js";
import { advance, type ItemEvent } from "../../../src/queue/machine.js";
import { storedItem } from "../../contract/store.js";

const at = 1_700_000_100_000;
const error = { code: "some_code", detail: "why" };
const upload: IssuedUpload = {
  ...{ upload_id: "u", photo_id: "p", upload_url: "https://s3.example/p", headers: { A: "b" } },
  method: "PUT",
  ...{ s3_url: "", status_url: "", expires_in_seconds: 900, expires_at: "2026-11-26T12:00:00Z" },
};

function photo(status: Photo["status"], failure: Photo["error"] = null): ItemEvent {
  return { type: "photo", photo: { id: "p", status, error: failure }, at };
}

const EVENTS: readonly ItemEvent[] = [
  ...([{ type: "hashed", checksum: "abc" }, { type: "began" }, { type: "interrupted" }, { type: "stored" }] as const),
  ...([
    { type: "issued", upload, at },
    { type: "refused", error, at },
    { type: "missing", error, at },
  ] as const),
  ...([{ type: "closed" }, { type: "failed", error, at }, { type: "retried" }, { type: "cancelled" }] as const),
  { type: "looked", photoId: null, status: null },
  photo("uploaded"),
];

/** From each step, where each event leads; what is not listed changes nothing. */
const MOVES: Readonly<Record<Step, Partial<Record<ItemEvent["type"], Step>>>> = {
  waiting: { hashed: "waiting", looked: "waiting", issued: "ready", failed: "failed", cancelled: "cancelling" },
  ready: {
    ...{ issued: "ready", began: "sending", closed: "sent", refused: "ready", photo: "processing" },
    ...{ failed: "failed", cancelled: "cancelling" },
  },
  sending: {
    ...{ interrupted: "ready", stored: "sent", refused: "ready", missing: "ready", closed: "sent" },
    ...{ photo: "processing", failed: "failed", cancelled: "cancelling" },
  },
  sent: { missing: "ready", photo: "processing", failed: "failed", cancelled: "cancelling" },
  processing: { photo: "processing", failed: "failed" },
  completed: {},
  failed: { retried: "sending", cancelled: "cancelling" },
  cancelling: { issued: "cancelling" },
};

test.each(Object.keys(MOVES) as Step[])("from %s every event leads where the table says", (step) => {
  const item = storedItem("a", { step, photoId: "p" });
  for (const event of EVENTS) {
    const after = advance(item, event);
    expect([event.type, after.step]).toEqual([event.type, MOVES[step][event.type] ?? step]);
    if (MOVES[step][event.type] === undefined) expect(after).toBe(item);
  }
});

test("a URL's end is reckoned by this machine's own clock, however wrong that is", () => {
  const { target, photoId } = advance(storedItem("a"), { type: "issued", upload, at });
  expect(target).toEqual({ url: upload.upload_url, method: "PUT", headers: { A: "b" }, expiresAt: at + 900_000 });
  expect(photoId).toBe("p");
});

test("of a PUT whose end was not known a missing object is no surprise, of one that S3 had confirmed it is", () => {
  const sending = advance(storedItem("a", { step: "sending", photoId: "p" }), { type: "missing", error, at });
  const sent = advance(storedItem("a", { step: "sent", photoId: "p" }), { type: "missing", error, at });
  expect([sending.refusals, sent.refusals]).toEqual([0, 1]);
});

test("three refusals are enough, and a retry begins to count anew", () => {
  let item: StoredItem = storedItem("a", { step: "sending", photoId: "p" });
  for (const step of ["ready", "ready", "failed"]) {
    item = advance({ ...item, step: "sending" }, { type: "refused", error, at });
    expect(item.step).toBe(step);
  }
  expect(item).toMatchObject({ error, endedAt: at });
  expect(advance(item, { type: "retried" })).toMatchObject({
    step: "sending",
    refusals: 0,
    error: null,
    endedAt: null,
  });
});

test("a photo that is gone is made anew by a retry, under the same key", () => {
  const gone = { code: "photo_not_found", detail: "gone" };
  const item = advance(storedItem("a", { step: "sent", photoId: "p" }), { type: "failed", error: gone, at });
  expect(advance(item, { type: "retried" })).toMatchObject({ id: "a", step: "waiting", photoId: null, target: null });
});

test("a photo that the project has already is followed and never sent", () => {
  const item = advance(storedItem("a"), { type: "looked", photoId: "other", status: "completed" });
  expect(item).toMatchObject({ step: "processing", existing: true, photoId: "other", target: null });
});

test("a photo's own failure keeps its code", () => {
  const failed = photo("failed", { code: "content_mismatch", detail: null });
  const item = advance(storedItem("a", { step: "sent", photoId: "p" }), failed);
  expect(item).toMatchObject({
    step: "failed",
    error: { code: "content_mismatch", detail: "" },
    photoStatus: "failed",
  });
});

test("a repeated word of the service, or of the user, changes nothing", () => {
  const item = storedItem("a", { step: "processing", photoId: "p", photoStatus: "uploaded" });
  expect(advance(item, photo("uploaded"))).toBe(item);
  expect(advance(item, { type: "paused", paused: false })).toBe(item);
  expect(advance(item, photo("completed"))).toMatchObject({ step: "completed", endedAt: at });
});
