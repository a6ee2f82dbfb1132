import type { Photo } from "@photodock/client";
import { expect, test } from "vitest";

import { boxesOf } from "../src/detections.js";
import { ofFolder } from "../src/files.js";
import { hashOf, routeOf } from "../src/hooks.js";
import { placeAfter, windowOf } from "../src/window.js";
import {
  coordinateWords,
  directionOf,
  directionWords,
  exifRows,
  measuredRows,
  positionOf,
  resultRows,
  sizeWords,
  takenAt,
} from "../src/words.js";

test("boxes are found wherever a detector puts them, and nothing else is taken for one", () => {
  const results = {
    damage: [{ label: "hail", score: 0.93, box: [1, 2, 3, 4] }, { box: [1, 2, "3", 4] }],
    roof: { ridge: { box: [5, 6, 7, 8] } },
    sharpness: 0.4,
  };
  expect(boxesOf(results)).toEqual([
    { label: "hail 93 %", x: 1, y: 2, width: 3, height: 4 },
    { label: "ridge", x: 5, y: 6, width: 7, height: 8 },
  ]);
  expect(boxesOf(null)).toEqual([]);
});

test("a window of the grid has whole rows, is never empty, and never leaves the list", () => {
  expect(windowOf(10_000, 5, 200, 0, 800, 2)).toEqual({ first: 0, last: 30, rows: 2000 });
  expect(windowOf(10_000, 5, 200, 200_000, 800, 2)).toEqual({ first: 4990, last: 5030, rows: 2000 });
  expect(windowOf(7, 5, 200, 0, 800, 2)).toEqual({ first: 0, last: 7, rows: 2 });
  expect(windowOf(0, 5, 200, 9000, 800, 2)).toEqual({ first: 0, last: 0, rows: 0 });
});

test("of a folder just the pictures are taken", () => {
  const files = ["a.JPG", "b.png", ".c.jpg", "Thumbs.db", "d.heic"].map((name) =>
    // Node's has no path.
    Object.assign(new File([], name), { webkitRelativePath: "" }),
  );
  const { files: taken, leftOut } = ofFolder(files);
  expect(taken.map(({ name }) => name)).toEqual(["a.JPG", "b.png", "d.heic"]);
  expect(leftOut).toBe(2);
});

test("addresses lead to a project, as it is filtered, or to a photo", () => {
  expect(routeOf("")).toEqual({ name: "gallery", projectId: null, status: null });
  expect(routeOf("#/projects/p1")).toEqual({ name: "gallery", projectId: "p1", status: null });
  expect(routeOf("#/projects/p1/no-status")).toEqual({ name: "gallery", projectId: "p1", status: null });
  expect(routeOf("#/photos/x%2Fy")).toEqual({ name: "photo", photoId: "x/y" });
  expect(routeOf("#/photos/%zz")).toEqual({ name: "photo", photoId: "%zz" });
  expect(routeOf(hashOf("p 1", "failed"))).toEqual({ name: "gallery", projectId: "p 1", status: "failed" });
});

test("keys lead through the grid, and not out of it", () => {
  const from = (key: string, place: number): number | undefined => placeAfter(key, place, 10, 4, 8);
  expect(["ArrowRight", "ArrowDown", "PageDown", "End"].map((key) => from(key, 1))).toEqual([2, 5, 9, 9]);
  expect(["ArrowLeft", "ArrowUp", "PageUp", "Home"].map((key) => from(key, 8))).toEqual([7, 4, 0, 0]);
  expect(from("ArrowLeft", 0)).toBe(0);
  expect(from("a", 3)).toBeUndefined();
});

test("values are said in words", () => {
  expect(coordinateWords({ latitude: -33.8568, longitude: 151.2153 })).toBe("33.8568° S, 151.2153° E");
  expect(sizeWords(2_345_678)).toBe("2.3 MB");
  expect([0, 44, 180, 350].map(directionWords)).toEqual(["0°, north", "44°, north-east", "180°, south", "350°, north"]);
  expect(
    exifRows({ exposure_time_s: 0.004, f_number: 1.6, flash: 16, gps_coordinates: { altitude_m: 47.59 } }),
  ).toEqual([
    ["Exposure", "1/250 s"],
    ["Aperture", "f/1.6"],
    ["Flash", "Did not fire"],
    ["Altitude", "47.59 m"],
  ]);
  const found = { damage: [{ label: "hail", score: 0.931234, box: [1, 2, 3, 4] }], tags: [], nothing: null };
  expect(resultRows(found)).toEqual([
    ["Damage 1", "hail 93 %"],
    ["Tags", "none"],
    ["Nothing", "–"],
  ]);
});

test("time, position and direction are the camera's, or else the app's, by the clock of the place", () => {
  const measured = { captured_at: "2025-11-17T10:31:07+01:00", latitude: 52.5, longitude: 13.4, direction_deg: 90 };
  const of = (exif_data: Photo["exif_data"], client_metadata: Photo["client_metadata"]): unknown[] => {
    const photo = { exif_data, client_metadata } as Photo;
    return [takenAt(photo), positionOf(photo), directionOf(photo)];
  };
  expect(of(null, measured)).toEqual(["2025-11-17 10:31", { latitude: 52.5, longitude: 13.4 }, 90]);
  const gps_coordinates = { latitude: 1, longitude: 2, direction_deg: 3 };
  const exif = { captured_at: "2025-11-17T10:30:00.25", gps_coordinates };
  expect(of(exif, measured)).toEqual(["2025-11-17 10:30", { latitude: 1, longitude: 2 }, 3]);
  expect(of(null, null)).toEqual([null, null, null]);
  expect(measuredRows({ ...measured, accuracy_m: 4.5 })).toEqual([
    ["Captured at", "2025-11-17 10:31:07+01:00"],
    ["Latitude", "52.5°"],
    ["Longitude", "13.4°"],
    ["Accuracy", "± 4.5 m"],
    ["Direction", "90°, east"],
  ]);
  expect(measuredRows({ captured_at: null, latitude: null })).toEqual([]);
});
