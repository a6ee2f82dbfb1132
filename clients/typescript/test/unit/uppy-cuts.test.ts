import { expect, test } from "vitest";

import { CutOtherwise, Cuts } from "../../src/uppy/cuts.js";

const MIB = 1024 * 1024;

test.each([
  ["below the limit as a whole", 8 * MIB - 1, 8 * MIB - 1],
  ["from the limit on in parts of 5 MiB", 8 * MIB, 5 * MIB],
  ["the largest photo", 50 * MIB, 5 * MIB],
  ["up to 1,000 parts of 5 MiB", 5000 * MIB, 5 * MIB],
  ["beyond that in whole MiB", 5000 * MIB + 1, 6 * MIB],
])("files are cut as the service does: %s", (_, fileSize, partSize) => {
  expect(new Cuts(8 * MIB).partSize(fileSize)).toBe(partSize);
});

test("a file of one part goes as a whole", () => {
  expect(new Cuts(MIB).partSize(4 * MIB)).toBe(4 * MIB);
});

test("what the service says otherwise is learned, and asks for another try", () => {
  const cuts = new Cuts(8 * MIB);
  cuts.learn(12 * MIB, 5 * MIB);
  expect(() => {
    cuts.learn(12 * MIB, 6 * MIB);
  }).toThrow(CutOtherwise);
  expect(cuts.partSize(12 * MIB)).toBe(6 * MIB);
  cuts.learn(12 * MIB, 6 * MIB);
  expect(cuts.partSize(13 * MIB)).toBe(5 * MIB);
});
