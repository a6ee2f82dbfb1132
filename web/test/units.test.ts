import { expect, test } from "vitest";

import { boxesOf } from "../src/detections.js";
import { ofFolder } from "../src/files.js";
import { routeOf } from "../src/hooks.js";
import { coordinateWords, sizeWords, valueWords } from "../src/words.js";
import { windowOf } from "../src/window.js";

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
  const files = ["a.JPG", "b.png", ".c.jpg", "Thumbs.db", "d.heic"].map((name) => new File([], name));
  const { files: taken, leftOut } = ofFolder(files);
  expect(taken.map(({ name }) => name)).toEqual(["a.JPG", "b.png", "d.heic"]);
  expect(leftOut).toBe(2);
});

test("addresses lead to a project or to a photo", () => {
  expect(routeOf("")).toEqual({ name: "gallery", projectId: null });
  expect(routeOf("#/projects/p1")).toEqual({ name: "gallery", projectId: "p1" });
  expect(routeOf("#/photos/x%2Fy")).toEqual({ name: "photo", photoId: "x/y" });
});

test("values are said in words", () => {
  expect(coordinateWords({ latitude: -33.8568, longitude: 151.2153 })).toBe("33.8568° S, 151.2153° E");
  expect(sizeWords(2_345_678)).toBe("2.3 MB");
  expect(valueWords({ f_number: 1.6, tags: ["a", "b"] })).toBe("F number 1.6, Tags a, b");
});
