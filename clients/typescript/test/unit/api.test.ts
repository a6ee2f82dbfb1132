import { expect, test, vi } from "vitest";

import { NetworkError, PhotodockError } from "../../src/index.js";
import { parseRetryAfter } from "../../src/problems.js";
import { quickClient } from "../support/client.js";
import { hangUp, problem, scripted, silence, type Reply } from "../support/server.js";

const PHOTO = "GET /photos/f1";
const FOUND: Reply = [200, { id: "f1", status: "uploaded" }];
const GONE: Reply = [404, problem(404, "photo_not_found")];

test("a problem document becomes an error with its code", async () => {
  const errors = [{ field: "body.project_id", message: "Input should be a valid UUID" }];
  const refusal: Reply = [422, { ...problem(422, "invalid_request", "Mend it."), errors }];
  const server = await scripted({ "POST /photos/upload-url": [refusal] });
  const request = { project_id: "?", file_name: "a.jpg", file_size: 1, mime_type: "image/jpeg" };
  const error: unknown = await quickClient(server.url)
    .requestUpload(request)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PhotodockError);
  expect(error).toMatchObject({ code: "invalid_request", status: 422, detail: "Mend it.", message: "Mend it." });
  expect(error).toMatchObject({ correlationId: "cafe", fieldErrors: errors, retryable: false });
});

test("an answer that is no problem document is an error too", async () => {
  const server = await scripted({ [PHOTO]: [[403, "<html>proxy</html>", { "X-Request-ID": "abc" }]] });
  const error = { code: "unexpected_answer", status: 403, correlationId: "abc" };
  await expect(quickClient(server.url).photo("f1")).rejects.toMatchObject(error);
});

test.each([400, 401, 403, 404, 409, 413, 422])("%i is not tried again", async (status) => {
  const server = await scripted({ [PHOTO]: [[status, problem(status, "refused")]] });
  await expect(quickClient(server.url).photo("f1")).rejects.toMatchObject({ status });
  // 401 alone is sent a second time, with a new token.
  expect(server.received).toHaveLength(status === 401 ? 2 : 1);
});

test.each<[string, Reply]>([
  ["408", [408, problem(408, "request_timeout")]],
  ["429", [429, problem(429, "rate_limited"), { "Retry-After": "0" }]],
  ["500", [500, problem(500, "internal_error")]],
  ["503", [503, problem(503, "database_unavailable")]],
  ["502 of a proxy", [502, "<html>bad gateway</html>"]],
  ["a broken connection", hangUp],
  ["silence", silence],
])("after %s the call is tried again", async (_, reply) => {
  const server = await scripted({ [PHOTO]: [reply, FOUND] });
  await expect(quickClient(server.url, { timeoutSeconds: 0.5 }).photo("f1")).resolves.toMatchObject({ id: "f1" });
});

test("tries end after as many as are allowed", async () => {
  const server = await scripted({ [PHOTO]: [hangUp] });
  const error: unknown = await quickClient(server.url, { retries: { attempts: 3 } })
    .photo("f1")
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(NetworkError);
  expect(error).toMatchObject({ code: "network_error", retryable: true });
  expect(server.received).toHaveLength(3);
});

test("a call that is not answered ends with `timeout`", async () => {
  const server = await scripted({ [PHOTO]: [silence] });
  const client = quickClient(server.url, { timeoutSeconds: 0.05, retries: { attempts: 1 } });
  await expect(client.photo("f1")).rejects.toMatchObject({ code: "timeout" });
});

test("Retry-After is waited for, unless it is too long", async () => {
  const limited = (seconds: string): Reply => [429, problem(429, "rate_limited"), { "Retry-After": seconds }];
  const server = await scripted({ [PHOTO]: [limited("1"), limited("86400")] });
  const timers = vi.spyOn(globalThis, "setTimeout");
  const error = { code: "rate_limited", retryAfterSeconds: 86_400 };
  await expect(quickClient(server.url).photo("f1")).rejects.toMatchObject(error);
  expect(timers.mock.calls.filter(([, pause = 0]) => pause >= 1000 && pause < 1003)).toHaveLength(1);
  expect(server.received).toHaveLength(2);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.parse("2026-11-22T10:30:00Z");
  expect(parseRetryAfter("120", now)).toBe(120);
  expect(parseRetryAfter("Sun, 22 Nov 2026 10:30:30 GMT", now)).toBe(30);
  expect(parseRetryAfter("Sun, 22 Nov 2026 10:29:30 GMT", now)).toBe(0);
  expect([parseRetryAfter(null), parseRetryAfter("soon")]).toEqual([undefined, undefined]);
});

test("calls that are refused together share one new token, and later ones use it", async () => {
  const server = await scripted({});
  let current = "old";
  const token = vi.fn(async ({ refresh }: { refresh: boolean }) => {
    if (refresh) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      current = "new";
    }
    return current;
  });
  const guarded: typeof fetch = async (_, init) => {
    await fetch(server.url);
    const fresh = new Headers(init?.headers).get("Authorization") === "Bearer new";
    return new Response('{"id": "f1"}', { status: fresh ? 200 : 401 });
  };
  const client = quickClient(server.url, { token, fetch: guarded });
  await Promise.all(["f1", "f2", "f3", "f4"].map((id) => client.photo(id)));
  await client.photo("f5");
  expect(token.mock.calls.filter(([{ refresh }]) => refresh)).toHaveLength(1);
});

test("a token that cannot be had is told as such, with the callback's own error as the cause", async () => {
  const server = await scripted({ [PHOTO]: [FOUND] });
  const client = quickClient(server.url, { token: () => Promise.reject(new Error("signed out")) });
  const error = { code: "token_unavailable", retryable: false, cause: new Error("signed out") };
  await expect(client.photo("f1")).rejects.toMatchObject(error);
  expect(server.received).toHaveLength(0);
});

test.each(["Failed to fetch", "Load failed", "NetworkError when attempting to fetch resource.", "fetch failed"])(
  "a token callback without a network (%s) is the network's failure, and the call is tried again",
  async (message) => {
    const server = await scripted({ [PHOTO]: [FOUND] });
    const token = vi
      .fn(() => "token")
      .mockImplementationOnce(() => {
        throw new TypeError(message);
      });
    await expect(quickClient(server.url, { token }).photo("f1")).resolves.toMatchObject({ id: "f1" });
    token.mockImplementation(() => {
      throw new TypeError(message);
    });
    const error = { name: "NetworkError", code: "network_error", retryable: true, cause: new TypeError(message) };
    await expect(quickClient(server.url, { token }).photo("f1")).rejects.toMatchObject(error);
  },
);

test("a mistake in the token callback is told as the callback's", async () => {
  const answer = JSON.parse("{}") as { session: { token: string } };
  const client = quickClient("http://127.0.0.1:9", { token: () => answer.session.token });
  await expect(client.photo("f1")).rejects.toMatchObject({ code: "token_unavailable", retryable: false });
});

test.each(["<html>\n<body>Sign in</body></html>", "<html>Sign in</html>", "tökén"])(
  "what is no token (%j) is told as such, and sent nowhere",
  async (given) => {
    const server = await scripted({ [PHOTO]: [FOUND] });
    const client = quickClient(server.url, { token: () => given });
    await expect(client.photo("f1")).rejects.toMatchObject({ code: "token_unavailable" });
    expect(server.received).toHaveLength(0);
  },
);

test("an app that has no token yet is asked for a new one after the refusal", async () => {
  const server = await scripted({ [PHOTO]: [[401, problem(401, "unauthenticated")], FOUND] });
  const client = quickClient(server.url, { token: ({ refresh }) => (refresh ? " new\n" : "") });
  await expect(client.photo("f1")).resolves.toMatchObject({ id: "f1" });
  expect(server.received[1]?.headers.authorization).toBe("Bearer new");
});

test("a refused refresh is not remembered", async () => {
  const server = await scripted({ [PHOTO]: [[401, problem(401, "unauthenticated")], GONE] });
  let refreshes = 0;
  const token = ({ refresh }: { refresh: boolean }): string => {
    if (refresh && (refreshes += 1) === 1) throw new Error("no network");
    return "token";
  };
  const client = quickClient(server.url, { token });
  await expect(client.photo("f1")).rejects.toMatchObject({ code: "token_unavailable" });
  await expect(client.photo("f1")).rejects.toMatchObject({ code: "photo_not_found" });
});

test("an abort passes through as the signal's reason, before, during and between tries", async () => {
  const server = await scripted({ [PHOTO]: [silence], "GET /photos/f2": [hangUp] });
  await expect(quickClient(server.url).photo("f1", { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(server.received).toHaveLength(0);
  const leaving = (client = quickClient(server.url), id = "f1"): Promise<unknown> => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(new Error("left the page"));
    }, 30);
    return client.photo(id, { signal: controller.signal });
  };
  await expect(leaving()).rejects.toThrow("left the page");
  const patient = quickClient(server.url, { retries: { baseSeconds: 3600, capSeconds: 3600 } });
  await expect(leaving(patient, "f2")).rejects.toThrow("left the page");
});

test("a repeat of a request for an upload URL has the same Idempotency-Key; two requests have two", async () => {
  const issued = { photo_id: "f1", upload_url: "https://s3.example/f1" };
  const server = await scripted({ "POST /photos/upload-url": [hangUp, [200, issued]] });
  const client = quickClient(server.url);
  const request = { project_id: "p", file_name: "a.jpg", file_size: 2000, mime_type: "image/jpeg" };
  await client.requestUpload(request);
  await client.requestUpload(request);
  await client.requestUpload(request, { idempotencyKey: "mine" });
  const keys = server.received.map(({ headers }) => headers["idempotency-key"]);
  expect(keys[0]).toBe(keys[1]);
  expect(new Set(keys).size).toBe(3);
  expect(keys[3]).toBe("mine");
});

test("in a batch each item has a key, and a refused one is an error among the others", async () => {
  const answer = { items: [{ photo_id: "f1" }, { error: problem(400, "file_too_small") }] };
  const server = await scripted({ "POST /photos/upload-urls": [hangUp, [200, answer]] });
  const item = { project_id: "p", file_name: "a.jpg", file_size: 2000, mime_type: "image/jpeg" };
  const [first, second] = await quickClient(server.url).requestUploads([item, { ...item, idempotency_key: "k" }]);
  expect(first).toEqual({ photo_id: "f1" });
  expect(second).toBeInstanceOf(PhotodockError);
  expect(second).toMatchObject({ code: "file_too_small" });
  const [sent, again] = server.received.map(({ body }) => JSON.parse(body.toString()) as { items: unknown[] });
  expect(again).toEqual(sent);
  expect(sent?.items[1]).toMatchObject({ idempotency_key: "k" });
});

test("a photo that is gone is no error for the delete whose answer was lost, and one for another", async () => {
  const server = await scripted({ "DELETE /photos/f1": [hangUp, GONE], "DELETE /photos/f2": [GONE] });
  const client = quickClient(server.url);
  await expect(client.deletePhoto("f1")).resolves.toBeUndefined();
  await expect(client.deletePhoto("f2")).rejects.toMatchObject({ code: "photo_not_found" });
});

test("pages follow each other to the last", async () => {
  const server = await scripted({
    "GET /photos?project_id=p&limit=2": [[200, { items: [{ id: "1" }, { id: "2" }], next_cursor: "c" }]],
    "GET /photos?project_id=p&limit=2&cursor=c": [[200, { items: [{ id: "3" }], next_cursor: null }]],
  });
  const ids: string[][] = [];
  for await (const page of quickClient(server.url).photoPages({ project_id: "p", limit: 2 })) {
    ids.push(page.items.map(({ id }) => id));
  }
  expect(ids).toEqual([["1", "2"], ["3"]]);
});

test("a photo is followed by its ETag, through answers without news, to its final status", async () => {
  const follow = (status: string, etag: string): Reply => [200, { id: "f1", status }, { ETag: etag }];
  const server = await scripted({
    [PHOTO]: [follow("uploaded", '"1"')],
    [`${PHOTO}?wait=25`]: [[304], follow("processing", '"2"'), follow("completed", '"3"')],
  });
  const statuses: string[] = [];
  for await (const photo of quickClient(server.url).follow("f1")) statuses.push(photo.status);
  expect(statuses).toEqual(["uploaded", "processing", "completed"]);
  expect(server.received.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"1"', '"1"', '"2"']);
});

test("the token is a header, and no part of the address; the base URL may end in a slash", async () => {
  const server = await scripted({ [PHOTO]: [FOUND] });
  await quickClient(`${server.url}/`).photo("f1");
  expect(server.received[0]).toMatchObject({ path: "/api/v1/photos/f1", headers: { authorization: "Bearer a-token" } });
});
