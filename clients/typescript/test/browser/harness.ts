import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll } from "vitest";

import type * as Photodock from "../../src/index.js";
import { installation, type Installation } from "../support/installation.js";

declare global {
  /** The built package, as a page has it that was opened by `Chromium.page`. */
  var photodock: typeof Photodock;
}

const DIST = new URL("../../dist/", import.meta.url);
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>photodock</title>
<script type="importmap">{"imports": {"@photodock/client": "/dist/index.js"}}</script>
<script type="module">globalThis.photodock = await import("@photodock/client");</script>
`;

/**
 * A real Chromium, and the page server beside it. Addresses and a token are in `installation`.
 *
 *     const chromium = await startedChromium();
 *     const page = await chromium.page();
 *     await page.evaluate(async ({ baseUrl, token }) => new photodock.PhotodockClient(…), chromium.installation);
 *     await page.context().setOffline(true);
 */
export class Chromium {
  readonly installation: Installation;
  private readonly browser: Browser;
  private readonly server: Server;
  private readonly served: Map<string, string>;

  private constructor(found: Installation, browser: Browser, server: Server, served: Map<string, string>) {
    this.installation = found;
    this.browser = browser;
    this.server = server;
    this.served = served;
  }

  static async start(): Promise<Chromium> {
    const found = installation();
    const served = new Map([["/", PAGE]]);
    const server = await servePages(found.pageOrigin, served);
    const browser = await chromium.launch({ executablePath: found.chromium });
    return new Chromium(found, browser, server, served);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  /** A page of your own instead, with `files` beside it; the package is at `/dist/`. */
  async pageOf(html: string, files: Readonly<Record<string, string>> = {}): Promise<Page> {
    for (const [path, text] of Object.entries({ "/own.html": html, ...files })) this.served.set(path, text);
    const page = await (await this.browser.newContext()).newPage();
    await page.goto(`${this.installation.pageOrigin}/own.html`);
    return page;
  }

  /** A page of a fresh profile, or of `context`, in which `photodock` is the built package. */
  async page(context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await this.browser.newContext())).newPage();
    await page.goto(this.installation.pageOrigin);
    await loaded(page);
    return page;
  }
}

/** For all tests of a file: stopped behind the last one. */
export async function startedChromium(): Promise<Chromium> {
  const started = await Chromium.start();
  afterAll(() => started.stop());
  return started;
}

/** Once the page has the package; also to be awaited after a reload. */
export async function loaded(page: Page): Promise<void> {
  await page.waitForFunction(() => "photodock" in globalThis);
}

async function servePages(origin: string, served: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", origin).pathname;
    content(path, served).then(
      ([type, body]) => response.writeHead(200, { "Content-Type": type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(Number(new URL(origin).port), "127.0.0.1");
  await once(server, "listening");
  return server;
}

function typeOf(path: string): string {
  if (path.endsWith(".js")) return "text/javascript";
  return path === "/" || path.endsWith(".html") ? "text/html" : "text/plain";
}

async function content(
  path: string,
  served: ReadonlyMap<string, string>,
): Promise<[type: string, body: string | Buffer]> {
  const text = served.get(path);
  if (text !== undefined) return [typeOf(path), text];
  if (!path.startsWith("/dist/") || !path.endsWith(".js")) throw new Error(path);
  return ["text/javascript", await readFile(new URL(path.slice("/dist/".length), DIST))];
}
