import type { Photo, QueueItem, UploadQueue } from "@photodock/client";
import { expect, test } from "vitest";

import { History } from "../src/history.js";
import type { Library } from "../src/library.js";
import { Tile } from "../src/tile.js";
import { Row } from "../src/upload-list.js";
import { uploadWords } from "../src/upload-words.js";
import { uprightSizeOf } from "../src/words.js";
import { elementsOf, textOf, wordsIn } from "./vnodes.js";

const QUEUE = null as unknown as UploadQueue;

function failed(photoId: string | null, code: string, detail: string): QueueItem {
  const item = { id: "i", fileName: "roof.jpg", fileSize: 2048, step: "failed", photoId, error: { code, detail } };
  return { ...item, paused: false, existing: false, lastError: null } as unknown as QueueItem;
}

test("an upload that failed says what whoever sees the page can do, and leads to its photo where there is one", () => {
  const changed = failed("p1", "content_mismatch", "It has been deleted. Request an upload URL anew.");
  const row = Row({ item: changed, queue: QUEUE, project: null });
  expect(wordsIn(row, "span", "bad")).toBe(
    "What arrived is not the file that was chosen. Remove it here, then add it once more.",
  );
  const links = (item: QueueItem): unknown[] =>
    elementsOf(Row({ item, queue: QUEUE, project: null }))
      .filter(({ type }) => type === "a")
      .map(({ props }) => props.href);
  expect(links(changed)).toEqual(["#/photos/p1"]);
  const gone = failed(null, "file_missing", "The file is not here any more. Add it again with retry(id, file).");
  expect(links(gone)).toEqual([]);
  expect(uploadWords(gone.error ?? { code: "", detail: "" })).toBe(
    "This browser has the file no more. Add the file once more, and it goes on.",
  );
  expect(uploadWords({ code: "invalid_file_type", detail: "Only image/jpeg and image/png." })).toContain(
    "Only JPEG and PNG are taken.",
  );
  expect(uploadWords({ code: "file_too_large", detail: "Send a smaller one." })).toBe("Send a smaller one.");
});

test("an upload for another project than the one that is shown says so", () => {
  const item = { ...failed(null, "file_missing", ""), step: "completed" } as QueueItem;
  const words = (project: string | null): string | undefined =>
    wordsIn(Row({ item, queue: QUEUE, project }), "span", "state");
  expect(words("Roof")).toBe("Completed · 2 kB · for Roof");
  expect(words(null)).toBe("Completed · 2 kB");
});

function captionOf(photo: Partial<Photo>): string[] {
  const props = {
    ...{
      width: 200,
      x: 0,
      y: 0,
      place: 1,
      count: 1,
      active: false,
      onFocus: () => undefined,
      library: null as unknown as Library,
    },
    photo: { id: "p", file_name: "roof.jpg", exif_data: null, client_metadata: null, ...photo } as Photo,
  };
  const caption = elementsOf(new Tile(props).render(props)).find((node) => node.props.class === "caption");
  return elementsOf(caption)
    .filter(({ type, props: { class: name } }) => type === "strong" || (type === "span" && name === undefined))
    .map((node) => textOf(node));
}

test("a tile says the photo's name, its camera, when it was taken, and where", () => {
  const gps_coordinates = { latitude: 46.2044, longitude: -6.1432 };
  const exif_data = { camera_make: "Canon", camera_model: "Canon EOS 80D", captured_at: "2025-11-17T10:30:00" };
  expect(captionOf({ exif_data: { ...exif_data, gps_coordinates } })).toEqual([
    "roof.jpg",
    "Canon EOS 80D",
    "2025-11-17 10:30",
    "46.2044° N, 6.1432° W",
  ]);
  expect(captionOf({ exif_data: { camera_make: "Apple", camera_model: "iPhone 15" } })).toEqual([
    "roof.jpg",
    "Apple iPhone 15",
  ]);
  expect(captionOf({})).toEqual(["roof.jpg", "No camera data"]);
});

test("a photo that lies on its side is measured upright, as its boxes are", () => {
  const sizes = [undefined, 1, 4, 5, 6, 7, 8].map((orientation) =>
    uprightSizeOf({ width: 400, height: 300, exif_data: { orientation } } as unknown as Photo),
  );
  const lying = { width: 400, height: 300 };
  const upright = { width: 300, height: 400 };
  expect(sizes).toEqual([lying, lying, lying, upright, upright, upright, upright]);
  expect(uprightSizeOf({ width: null, height: null, exif_data: null } as Photo)).toBeNull();
});

test("the history says who did what, and nobody where it was the service", () => {
  const line = { from: null, at: "2026-11-22T17:46:32Z" } as const;
  const history = History({
    lines: [
      { ...line, to: "pending_upload", actor: "anna", reason: null },
      { ...line, to: "failed", actor: null, reason: "upload_expired" },
    ],
  });
  const rows = elementsOf(history).filter(({ type }) => type === "li");
  expect(rows.map((row) => wordsIn(row, "span", "actor"))).toEqual(["by anna", undefined]);
});
