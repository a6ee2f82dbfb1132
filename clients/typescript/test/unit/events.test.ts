import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";

import { PhotodockError, type PhotoEvent } from "../../src/index.js";
import { quickClient } from "../support/client.js";
import { problem, scripted, silence, type Handler } from "../support/server.js";

const PATH = "GET /events?project_id=p1";
const change = (status: string): string =>
  JSON.stringify({ type: `photo.${status}`, photo_id: "f1", project_id: "p1", status, at: "2026-11-22T10:30:00Z" });

function streaming(...pieces: (string | Buffer)[]): Handler {
  return (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const piece of pieces) response.write(piece);
  };
}
const thenEnd =
  (handler: Handler): Handler =>
  (response, request) => {
    handler(response, request);
    response.end();
  };

/** The first `count` events; then the stream is left. */
async function take(events: AsyncIterable<PhotoEvent>, count: number): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) {
    types.push(event.type);
    if (types.length === count) break;
  }
  return types;
}

test("a stream that ends is resumed behind the last event that came whole", async () => {
  const server = await scripted({
    [PATH]: [
      thenEnd(streaming(`id: 7\nevent: photo\ndata: ${change("uploaded")}\n\nid: 8\nevent: photo\ndata: {"ty`)),
      streaming(`: heartbeat\n\nid: 8\nevent: photo\ndata: ${change("completed")}\n\n`),
    ],
  });
  const events = quickClient(server.url).events("p1");
  expect(await take(events, 3)).toEqual(["reset", "photo.uploaded", "photo.completed"]);
  expect(server.received.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "7"]);
  expect(server.received[0]?.headers.accept).toBe("text/event-stream");
});

test("characters of several bytes may be cut between two pieces", async () => {
  const bytes = Buffer.from(`event: photo\ndata: ${change("uploaded").replace("f1", "Dächer 🏠")}\n\n`);
  const cut = bytes.indexOf(0xf0) + 2;
  const server = await scripted({ [PATH]: [streaming(bytes.subarray(0, cut), bytes.subarray(cut))] });
  for await (const event of quickClient(server.url).events("p1")) {
    if (event.type === "reset") continue;
    expect(event.photo_id).toBe("Dächer 🏠");
    break;
  }
});

test("the service's reset is passed on, and events of other kinds are not", async () => {
  const text = `event: news\ndata: {}\n\nid: 9\nevent: reset\ndata: {}\n\n`;
  const server = await scripted({ [PATH]: [thenEnd(streaming(text)), streaming(`id: 10\nevent: reset\n\n`)] });
  expect(await take(quickClient(server.url).events("p1"), 3)).toEqual(["reset", "reset", "reset"]);
  expect(server.received[1]?.headers["last-event-id"]).toBe("9");
});

test("a connection that was lost before any event begins with a reset again", async () => {
  const server = await scripted({ [PATH]: [thenEnd(streaming(": hello\n\n")), streaming(": hello\n\n")] });
  expect(await take(quickClient(server.url).events("p1"), 2)).toEqual(["reset", "reset"]);
});

test("silence and outages are waited through", async () => {
  const server = await scripted({
    [PATH]: [
      streaming(": and nothing more\n\n"),
      silence,
      [503, problem(503, "database_unavailable"), { "Retry-After": "0" }],
      streaming(`event: photo\ndata: ${change("failed")}\n\n`),
    ],
  });
  const events = quickClient(server.url, { timeoutSeconds: 0.5 }).events("p1", { idleSeconds: 0.2 });
  let last = "";
  for await (const { type } of events) if ((last = type) !== "reset") break;
  expect(last).toBe("photo.failed");
});

test("a refusal ends it", async () => {
  const server = await scripted({ [PATH]: [[403, problem(403, "project_access_denied")]] });
  await expect(take(quickClient(server.url).events("p1"), 1)).rejects.toMatchObject({ code: "project_access_denied" });
  expect(server.received).toHaveLength(1);
});

test("an aborted signal ends it without an error, and both ways of leaving close the connection", async () => {
  const open: ServerResponse[] = [];
  const held: Handler = (response, request) => {
    open.push(response);
    streaming(": hello\n\n")(response, request);
  };
  const server = await scripted({ [PATH]: [held] });
  const client = quickClient(server.url);
  const controller = new AbortController();
  for await (const event of client.events("p1", { signal: controller.signal })) {
    expect(event.type).toBe("reset");
    controller.abort();
  }
  await take(client.events("p1"), 1);
  await expect.poll(() => open.map(({ closed }) => closed)).toEqual([true, true]);
});

test("a fetch without streams is told of", async () => {
  const server = await scripted({ [PATH]: [streaming("")] });
  const bodiless: typeof fetch = async (...request) =>
    Object.defineProperty(await fetch(...request), "body", { value: null });
  const events = quickClient(server.url, { fetch: bodiless }).events("p1");
  await expect(take(events, 1)).rejects.toThrow(PhotodockError);
  await expect(take(quickClient(server.url, { fetch: bodiless }).events("p1"), 1)).rejects.toThrow(/expo\/fetch/);
});
