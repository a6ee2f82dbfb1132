import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import type { Transport, TransportBody } from "../../src/index.js";

/** What is to be sent, in words that can be handed to a page. */
export interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly size: number;
  readonly body: "Blob" | "typed Blob" | "Uint8Array" | "FileUri";
  readonly abort: "never" | "before" | "half way" | "after all";
}

/** What came of it, likewise. */
export interface Outcome {
  readonly answer?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly error?: { readonly name: string; readonly code: string | null; readonly message: string };
  readonly progress: readonly (readonly [sent: number, total: number])[];
}

/** One transport where it runs. */
export interface Driver {
  readonly bodies: readonly Sending["body"][];
  send(sending: Sending): Promise<Outcome>;
}

/** Sends by `transport` and tells what came. Refers to nothing outside, so that it can be handed to a page as text. */
export async function exercise(transport: Transport, body: TransportBody, sending: Sending): Promise<Outcome> {
  const progress: [number, number][] = [];
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort(new Error("left the page"));
  };
  if (sending.abort === "before") stop();
  try {
    const answer = await transport.send({
      url: sending.url,
      method: "PUT",
      headers: sending.headers,
      body,
      signal: controller.signal,
      onProgress: (sent, total) => {
        progress.push([sent, total]);
        if (sending.abort === "half way" && sent > total / 2) stop();
        if (sending.abort === "after all" && sent === total) setTimeout(stop, 100);
      },
    });
    return { answer, progress };
  } catch (thrown) {
    const { name, message, code } = thrown as Error & { code?: string };
    return { error: { name, message, code: code ?? null }, progress };
  }
}

/** The bytes of `sending`: not all alike, so that a lost or a doubled piece shows. */
export function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251);
}

interface Seen {
  readonly method: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: Buffer;
}

const HEADERS = { "Content-Type": "image/jpeg", "If-None-Match": "*", "X-Amz-Checksum-Sha256": "c2hhMjU2" };
const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "PUT",
  "Access-Control-Allow-Headers": "content-type, if-none-match, x-amz-checksum-sha256",
  "Access-Control-Expose-Headers": "ETag, Retry-After",
};
const MISMATCH = "<Error><Code>PreconditionFailed</Code><Message>Grüße</Message></Error>";

/** What every transport must do; see `Transport`. The store here is a plain server that says what the test wants. */
export function transportContract(name: string, start: () => Promise<Driver>): void {
  describe(`the transport contract: ${name}`, () => {
    let driver: Driver;
    let server: Server;
    let url: string;
    let seen: Seen[];
    let broken: number;
    let answer: (response: ServerResponse) => void;

    beforeAll(async () => {
      server = createServer((request, response) => {
        void receive(request, response);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/photo?X-Amz-Signature=a%2Fb`;
      driver = await start();
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });
    beforeEach(() => {
      seen = [];
      broken = 0;
      answer = answering(200, "", { ETag: '"abc"' });
    });

    async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
      if (request.method === "OPTIONS") {
        response.writeHead(204, CORS).end();
        return;
      }
      const pieces: Buffer[] = [];
      try {
        for await (const piece of request) pieces.push(piece as Buffer);
      } catch {
        broken += 1;
        return;
      }
      response.on("close", () => {
        if (!response.writableFinished) broken += 1;
      });
      seen.push({ method: request.method, headers: request.headers, bytes: Buffer.concat(pieces) });
      answer(response);
    }

    function sending(change: Partial<Sending> = {}): Sending {
      const body = driver.bodies[0] ?? "Blob";
      return { url, headers: HEADERS, size: 200_000, body, abort: "never", ...change };
    }

    test("every kind of photo that it takes arrives once, byte by byte, with the signed headers", async () => {
      for (const body of driver.bodies) {
        seen = [];
        const { answer, error } = await driver.send(sending({ body }));
        expect(error).toBeUndefined();
        expect(answer).toMatchObject({ status: 200, body: "" });
        expect(answer?.headers["etag"]).toBe('"abc"');
        expect(seen).toHaveLength(1);
        expect(seen[0]?.method).toBe("PUT");
        expect(seen[0]?.bytes.equals(bytesOf(200_000))).toBe(true);
        expect(seen[0]?.headers).toMatchObject({
          "content-type": "image/jpeg",
          "content-length": "200000",
          "if-none-match": "*",
          "x-amz-checksum-sha256": "c2hhMjU2",
        });
        expect(seen[0]?.headers["transfer-encoding"]).toBeUndefined();
      }
    });

    test("progress grows to the whole, and is told before the answer", async () => {
      const { progress } = await driver.send(sending({ size: 5_000_000 }));
      const sent = progress.map(([bytes]) => bytes);
      expect(sent).toEqual([...sent].sort((one, other) => one - other));
      expect(progress.at(-1)).toEqual([5_000_000, 5_000_000]);
      expect(new Set(progress.map(([, total]) => total))).toEqual(new Set([5_000_000]));
    });

    test.each([400, 403, 409, 412, 500, 503])("%i is an answer, with its text and its headers", async (status) => {
      answer = answering(status, MISMATCH, { "Retry-After": "7" });
      const outcome = await driver.send(sending());
      expect(outcome.answer).toMatchObject({ status, body: MISMATCH });
      expect(outcome.answer?.headers["retry-after"]).toBe("7");
      expect(seen).toHaveLength(1);
    });

    test("a connection that breaks after the photo is a NetworkError", async () => {
      answer = (response) => response.destroy();
      expect((await driver.send(sending())).error).toMatchObject({ name: "NetworkError", code: "network_error" });
    });

    test("a store that is away is a NetworkError", async () => {
      const nowhere = "http://127.0.0.1:9/photo";
      const { error, answer } = await driver.send(sending({ url: nowhere }));
      expect(answer).toBeUndefined();
      expect(error).toMatchObject({ name: "NetworkError", code: "network_error" });
    });

    test("after an abort nothing is sent, and the reason comes back", async () => {
      const { error } = await driver.send(sending({ abort: "before" }));
      expect(error).toMatchObject({ name: "Error", message: "left the page" });
      expect(seen).toHaveLength(0);
    });

    test("an abort half way closes the connection", async () => {
      answer = () => undefined;
      const { error } = await driver.send(sending({ size: 20_000_000, abort: "half way" }));
      expect(error).toMatchObject({ name: "Error", message: "left the page" });
      await expect.poll(() => broken).toBe(1);
    });

    test("an abort while the answer is awaited closes the connection too", async () => {
      answer = () => undefined;
      const { error } = await driver.send(sending({ abort: "after all" }));
      expect(error).toMatchObject({ name: "Error", message: "left the page" });
      await expect.poll(() => broken).toBe(1);
    });
  });
}

function answering(status: number, body: string, headers: Record<string, string>): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { ...CORS, ...headers, "Content-Type": "application/xml" }).end(body);
  };
}
