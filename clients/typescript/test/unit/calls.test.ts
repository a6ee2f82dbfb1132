import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

import { PhotodockClient } from "../../src/index.js";
import { quickClient } from "../support/client.js";
import { hangUp, problem, scripted } from "../support/server.js";

/** Ids by which a path of the document is recognized again. */
const PHOTO = "{photo_id}";
const ID = 4711;

/** Each once, and to its end. */
const CALLS: readonly ((client: PhotodockClient) => Promise<unknown>)[] = [
  (client) => client.requestUpload({ project_id: "p", file_name: "a.jpg", file_size: 1, mime_type: "image/jpeg" }),
  (client) => client.requestUploads([]),
  (client) => client.refreshUpload(PHOTO),
  (client) => client.exists("p", []),
  (client) => client.confirm(PHOTO),
  (client) => client.confirmMany([]),
  (client) => client.photo(PHOTO),
  (client) => client.photos({}),
  (client) => client.exif(PHOTO),
  (client) => client.history(PHOTO),
  (client) => client.deletePhoto(PHOTO),
  (client) => client.retryDetection(PHOTO),
  (client) => client.multipart.start(PHOTO),
  (client) => client.multipart.parts(PHOTO),
  (client) => client.multipart.complete(PHOTO),
  (client) => client.multipart.abort(PHOTO),
  (client) => client.events("p").next(),
  (client) => client.projects(),
  (client) => client.putProject("{project_id}", "South roof"),
  (client) => client.policies(),
  (client) => client.putPolicies({ gps: "keep" }),
  (client) => client.parkedJobs(),
  (client) => client.retryParkedJob(ID),
  (client) => client.getWebhook(),
  (client) => client.putWebhook({ url: "https://example.com/hook" }),
  (client) => client.deleteWebhook(),
  (client) => client.rotateWebhookSecret(),
  (client) => client.testWebhook(),
  (client) => client.deliveries(),
  (client) => client.retryDelivery(ID),
];

/** Each field by which some answer is known to be the API's. */
const ANY = { items: [], id: "", upload_url: "", part_size: 1, exif_data: null, gps: "keep" };

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function documented(): Promise<string[]> {
  const text = await readFile(new URL("../../../../docs/openapi.json", import.meta.url), "utf8");
  const { paths } = JSON.parse(text) as OpenApi;
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return calls.filter((call) => call.includes("/api/v1/")).sort();
}

test("the client has every call of the API's document, and no other", async () => {
  const sent: string[] = [];
  const answering: typeof fetch = (url, init) => {
    const path = decodeURIComponent(new URL(url as string).pathname).replace(`/${String(ID)}`, "/{id}");
    sent.push(`${init?.method ?? ""} ${path}`);
    if (init?.method === "DELETE" || path.endsWith("/outbox/{id}/retry"))
      return Promise.resolve(new Response(null, { status: 204 }));
    return Promise.resolve(Response.json(ANY, { headers: { "Content-Type": "text/event-stream" } }));
  };
  const client = quickClient("https://photos.example.com", { fetch: answering });
  for (const call of CALLS) await call(client);
  expect(sent.sort()).toEqual(await documented());
});

const WEBHOOK = { id: "w1", url: "https://example.com/hook" };

test("the webhook's calls send and give what the API says", async () => {
  const server = await scripted({
    "GET /webhooks": [[200, WEBHOOK]],
    "PUT /webhooks": [[200, { ...WEBHOOK, secret: "whsec_1" }]],
    "DELETE /webhooks": [[204]],
    "POST /webhooks/secret": [[200, { ...WEBHOOK, secret: "whsec_2" }]],
    "POST /webhooks/test": [[202, { id: 1 }]],
    "GET /webhooks/deliveries?before=9&limit=2": [[200, { items: [{ id: 8 }] }]],
    "POST /webhooks/deliveries/8/retry": [[202, { id: 8 }]],
  });
  const client = quickClient(server.url);
  expect(await client.putWebhook({ ...WEBHOOK, event_types: ["photo.failed"] })).toMatchObject({ secret: "whsec_1" });
  expect(JSON.parse(String(server.received[0]?.body))).toEqual({ ...WEBHOOK, event_types: ["photo.failed"] });
  expect(await client.getWebhook()).toEqual(WEBHOOK);
  expect(await client.rotateWebhookSecret()).toMatchObject({ secret: "whsec_2" });
  expect(await client.testWebhook()).toEqual({ id: 1 });
  expect(await client.deliveries({ before: 9, limit: 2 })).toEqual([{ id: 8 }]);
  expect(await client.retryDelivery(8)).toEqual({ id: 8 });
  await expect(client.deleteWebhook()).resolves.toBeUndefined();
});

test("a secret that may have been made is not made over by a repeat", async () => {
  const server = await scripted({ "PUT /webhooks": [hangUp], "POST /webhooks/secret": [hangUp] });
  const client = quickClient(server.url);
  await expect(client.putWebhook(WEBHOOK)).rejects.toMatchObject({ code: "network_error" });
  await expect(client.rotateWebhookSecret()).rejects.toMatchObject({ code: "network_error" });
  expect(server.received).toHaveLength(2);
});

test("a webhook that is gone is no error for the delete whose answer was lost", async () => {
  const gone = [404, problem(404, "not_found")] as const;
  const server = await scripted({ "DELETE /webhooks": [hangUp, gone] });
  const client = quickClient(server.url);
  await expect(client.deleteWebhook()).resolves.toBeUndefined();
  await expect(client.deleteWebhook()).rejects.toMatchObject({ code: "not_found" });
});
