import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { onTestFinished } from "vitest";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** What one request is answered with: a whole answer, or whatever the function does with the connection. */
export type Reply = readonly [status: number, body?: unknown, headers?: Record<string, string>] | Handler;
export type Handler = (response: ServerResponse, request: Received) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly received: readonly Received[];
}

/**
 * A real server for faults that the service can't be made to have. `script` names each request by its method and path,
 * and lists its replies in order, the last of them for ever; any other request is answered with 501, which fails the test.
 */
export async function scripted(script: Readonly<Record<string, readonly Reply[]>>): Promise<ScriptedServer> {
  const received: Received[] = [];
  const turns = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const name = `${incoming.method ?? ""} ${(incoming.url ?? "").replace("/api/v1", "")}`;
    void read(incoming).then((request) => {
      received.push(request);
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      const replies = script[name] ?? [[501, problem(501, "unscripted", name)] as const];
      reply(replies[Math.min(turn, replies.length - 1)], response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, received };
}

/** Breaks the connection, after the request has been read. */
export const hangUp: Handler = (response) => response.destroy();
/** Never answers. */
export const silence: Handler = () => undefined;

export function problem(status: number, code: string, detail = code): Record<string, unknown> {
  return { type: `urn:photodock:problem:${code}`, title: code, status, code, detail, correlation_id: "cafe" };
}

async function read(incoming: IncomingMessage): Promise<Received> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const { method = "", url = "", headers } = incoming;
  return { method, path: url, headers, body: Buffer.concat(pieces) };
}

function reply(found: Reply | undefined, response: ServerResponse, request: Received): void {
  if (typeof found === "function") {
    found(response, request);
    return;
  }
  const [status, body, headers] = found ?? [500];
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(text);
}
