import { expect, onTestFinished, test, vi } from "vitest";

import { PhotodockError, type PhotoEvent } from "../../src/index.js";
import { bytesOf } from "../../src/source.js";
import { quickClient } from "../support/client.js";
import { hangUp, problem, scripted, type Handler, type Reply } from "../support/server.js";

const PHOTO = "GET /photos/f1";
const EVENTS = "GET /events?project_id=p1";
const PORTAL: Reply = [200, "<html>Sign in to the hotel's network</html>", { "Content-Type": "text/html" }];

const hanging = (): Promise<never> => new Promise(() => undefined);

function stream(text: string): Handler {
  return (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).end(text);
  };
}

/** Pauses that are asked for, none of which is waited out. */
function pausesOf(): number[] {
  const pauses: number[] = [];
  // Node's own fetch sets timers too, and hands arguments to them.
  type Timers = (work: unknown, milliseconds?: number, ...given: unknown[]) => ReturnType<typeof setTimeout>;
  const real = globalThis.setTimeout as Timers;
  const quick: Timers = (work, milliseconds = 0, ...given) => {
    pauses.push(milliseconds);
    return real(work, milliseconds > 20_000 ? milliseconds : Math.min(5, milliseconds), ...given);
  };
  vi.spyOn(globalThis, "setTimeout").mockImplementation(quick);
  return pauses;
}

test("a page that a network puts in the answer's place is told as unexpected_answer, whatever its status", async () => {
  const server = await scripted({ [PHOTO]: [PORTAL], "POST /photos/upload-urls": [PORTAL], [EVENTS]: [PORTAL] });
  const client = quickClient(server.url);
  const error = { code: "unexpected_answer", status: 200 };
  await expect(client.photo("f1")).rejects.toMatchObject(error);
  await expect(client.follow("f1").next()).rejects.toMatchObject(error);
  await expect(client.requestUploads([])).rejects.toMatchObject(error);
  await expect(client.events("p1").next()).rejects.toMatchObject(error);
});

test("JSON that is not the API's is told likewise, and a page in the place of nothing too", async () => {
  const json: Reply = [200, { status: "maintenance" }];
  const server = await scripted({
    ...{ [PHOTO]: [json], "POST /photos/upload-url": [json], "POST /photos/f1/upload-url": [json] },
    ...{ "POST /photos/upload-urls": [json], "POST /photos/confirm": [json], "PATCH /photos/f1/status": [json] },
    ...{ "POST /photos/exists": [json], "GET /photos": [json], "POST /photos/f1/multipart": [json] },
    ...{ "DELETE /photos/f1": [PORTAL], "DELETE /photos/f1/multipart": [PORTAL], "DELETE /webhooks": [PORTAL] },
  });
  const client = quickClient(server.url);
  const request = { project_id: "p1", file_name: "a.jpg", file_size: 1, mime_type: "image/jpeg" };
  const calls: (() => Promise<unknown>)[] = [
    () => client.photo("f1"),
    () => client.requestUpload(request),
    () => client.refreshUpload("f1"),
    () => client.requestUploads([]),
    () => client.confirmMany(["f1"]),
    () => client.confirm("f1"),
    () => client.exists("p1", []),
    () => client.photos({}),
    () => client.multipart.start("f1"),
    () => client.deletePhoto("f1"),
    () => client.multipart.abort("f1"),
    () => client.deleteWebhook(),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "unexpected_answer", status: 200 });
});

test("a token callback that never answers ends with the time limit, and is asked anew by the next call", async () => {
  const server = await scripted({
    [PHOTO]: [
      [401, problem(401, "unauthenticated")],
      [200, { id: "f1" }],
    ],
  });
  const token = vi.fn(({ refresh }: { refresh: boolean }) =>
    refresh && token.mock.calls.filter(([asked]) => asked.refresh).length === 1 ? hanging() : "a-token",
  );
  const client = quickClient(server.url, { token, timeoutSeconds: 1, retries: { attempts: 1 } });
  await expect(client.photo("f1")).rejects.toMatchObject({ code: "timeout" });
  await expect.poll(() => client.photo("f1").catch(() => undefined)).toMatchObject({ id: "f1" });
});

test("a photo whose answers have no ETag is waited for all the same", async () => {
  const photo = (status: string): Reply => [200, { id: "f1", status }];
  const server = await scripted({ [PHOTO]: [photo("uploaded")], [`${PHOTO}?wait=25`]: [photo("completed")] });
  const statuses: string[] = [];
  for await (const { status } of quickClient(server.url).follow("f1")) statuses.push(status);
  expect(statuses).toEqual(["uploaded", "completed"]);
  expect(server.received).toHaveLength(2);
});

test("queries are written without URLSearchParams, which React Native has but by half", async () => {
  vi.stubGlobal("URLSearchParams", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const server = await scripted({ "GET /photos?ids=a%2Cb&limit=2": [[200, { items: [], next_cursor: null }]] });
  await expect(quickClient(server.url).photos({ ids: "a,b", limit: 2 })).resolves.toMatchObject({ items: [] });
});

/** As React Native installs it: an abort carries no reason. */
class ReasonlessController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false });

  abort(): void {
    if (this.signal.aborted) return;
    this.signal.aborted = true;
    this.signal.dispatchEvent(new Event("abort"));
  }
}

test("a time limit is a timeout, and worth another try, also where an abort carries no reason", async () => {
  vi.stubGlobal("AbortController", ReasonlessController);
  onTestFinished(() => void vi.unstubAllGlobals());
  const answers = [hanging, () => Promise.resolve(new Response('{"id": "f1"}'))];
  const fetch = vi.fn(() => (answers.shift() ?? hanging)());
  const client = quickClient("https://photos.example.com", { fetch, timeoutSeconds: 0.05, retries: { attempts: 2 } });
  await expect(client.photo("f1")).resolves.toMatchObject({ id: "f1" });
  await expect(client.photo("f1")).rejects.toMatchObject({ name: "NetworkError", code: "timeout" });
  expect(fetch).toHaveBeenCalledTimes(4);
  const controller = new AbortController();
  const left = client.photo("f1", { signal: controller.signal });
  controller.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });
});

test("a Blob that can't be read, as React Native's, has no checksum", async () => {
  const blob = Object.defineProperty(new Blob(["abc"]), "arrayBuffer", { value: undefined });
  expect(await bytesOf(blob)).toBeNull();
});

test("pauses between connections that end at once grow", async () => {
  const server = await scripted({ [EVENTS]: [stream(": hello\n\n")] });
  vi.spyOn(Math, "random").mockReturnValue(1);
  const client = quickClient(server.url, { retries: { baseSeconds: 0.011, capSeconds: 60 } });
  const pauses = pausesOf();
  const events: PhotoEvent[] = [];
  for await (const event of client.events("p1")) if (events.push(event) === 5) break;
  expect(pauses.filter((pause) => [11, 22, 44, 88].includes(pause))).toEqual([11, 22, 44, 88]);
});

test("a pause longer than timers can take is no pause of nothing", async () => {
  const forever: Reply = [503, problem(503, "database_unavailable"), { "Retry-After": "9999999999" }];
  const server = await scripted({ [EVENTS]: [forever] });
  const controller = new AbortController();
  const next = quickClient(server.url).events("p1", { signal: controller.signal }).next();
  await expect.poll(() => server.received.length).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.received).toHaveLength(1);
  controller.abort();
  await next;
});

test("no time limit at all may be asked for", async () => {
  const server = await scripted({ [PHOTO]: [[200, { id: "f1" }]] });
  await expect(quickClient(server.url, { timeoutSeconds: Infinity }).photo("f1")).resolves.toMatchObject({ id: "f1" });
});

test("a detection that was begun again by a try whose answer was lost is no error", async () => {
  const refused: Reply = [409, problem(409, "invalid_status_transition")];
  const server = await scripted({
    "POST /photos/f1/retry": [hangUp, refused],
    [PHOTO]: [[200, { id: "f1", status: "uploaded" }]],
    "POST /photos/f2/retry": [refused],
  });
  const client = quickClient(server.url);
  await expect(client.retryDetection("f1")).resolves.toMatchObject({ status: "uploaded" });
  await expect(client.retryDetection("f2")).rejects.toThrow(PhotodockError);
});
