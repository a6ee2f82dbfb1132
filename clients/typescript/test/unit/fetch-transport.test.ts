import { expect, test } from "vitest";

import { FetchTransport } from "../../src/index.js";
import { bytesOf, exercise, transportContract, type Driver, type Sending } from "../contract/transport.js";

function body({ body, size }: Sending): Blob | Uint8Array<ArrayBuffer> {
  if (body === "Uint8Array") return bytesOf(size);
  return new Blob([bytesOf(size)], body === "typed Blob" ? { type: "image/png" } : {});
}

const driver = (transport: FetchTransport): Driver => ({
  bodies: ["Blob", "typed Blob", "Uint8Array"],
  send: (sending) => exercise(transport, body(sending), sending),
});

transportContract("fetch in Node", () => Promise.resolve(driver(new FetchTransport())));

test("without streams the whole is told at the end, and a typed Blob keeps the signed type", async () => {
  const transport = new FetchTransport({
    streams: false,
    fetch: (_, init) => Promise.resolve(new Response(new Headers(init?.headers).get("Content-Type"))),
  });
  const sending = { url: "http://store", headers: { "Content-Type": "image/jpeg" }, size: 7, abort: "never" } as const;
  const outcome = await exercise(transport, body({ ...sending, body: "typed Blob" }), {
    ...sending,
    body: "typed Blob",
  });
  expect(outcome).toMatchObject({ answer: { status: 200, body: "image/jpeg" }, progress: [[7, 7]] });
});

test("a file URI is a mistake of the program", async () => {
  const request = { url: "http://store", method: "PUT", headers: {}, body: { uri: "file:///a.jpg" } };
  await expect(new FetchTransport().send(request)).rejects.toThrow(TypeError);
});
