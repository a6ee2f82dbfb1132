import { expect, test } from "vitest";

import { SseParser, type ServerSentEvent } from "../../src/sse.js";

const TEXT = [
  ": a comment",
  "id: 17",
  "event: photo",
  'data: {"type":',
  'data:  "photo.completed"}',
  "",
  ":",
  "data",
  "",
  "retry: 1500",
  "retry: soon",
  "id: 18",
  "unknown: field",
  "event:reset",
  "",
  "data: cut off, and never told",
  "",
];
const EVENTS: ServerSentEvent[] = [
  { event: "photo", data: '{"type":\n "photo.completed"}' },
  { event: "message", data: "" },
  { event: "reset", data: "" },
];

test.each(["\n", "\r\n", "\r"])("events are found wherever the text is cut, with lines that end in %j", (end) => {
  const text = TEXT.join(end);
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 7) {
      const parser = new SseParser();
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(EVENTS);
      expect([parser.lastEventId, parser.retryMilliseconds]).toEqual(["18", 1500]);
    }
  }
});

test("the id moves when its event ends, and not before", () => {
  const parser = new SseParser();
  parser.push("id: 1\ndata: one\n\nid: 2\ndata: tw");
  expect(parser.lastEventId).toBe("1");
  parser.push("o\n\n");
  expect(parser.lastEventId).toBe("2");
  parser.push("id\n\n");
  expect(parser.lastEventId).toBeUndefined();
});

test("a byte order mark at the beginning is no part of the first field", () => {
  expect(new SseParser().push("\uFEFFdata: one\n\n")).toEqual([{ event: "message", data: "one" }]);
});

test("an id with a NUL is none", () => {
  const parser = new SseParser();
  parser.push("id: 1\0\ndata: one\n\n");
  expect(parser.lastEventId).toBeUndefined();
});
