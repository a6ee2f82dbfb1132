import { expect, test } from "vitest";

import { DEFAULT_RETRIES, pauseSeconds } from "../../src/retry.js";

test("pauses double, never pass the cap, and come on top of a Retry-After", () => {
  const longest = (failures: number, retryAfter?: number): number =>
    pauseSeconds(failures, DEFAULT_RETRIES, retryAfter, () => 1);
  expect([1, 2, 3, 20].map((failures) => longest(failures))).toEqual([0.5, 1, 2, 30]);
  expect(longest(1, 7)).toBe(7.5);
});
