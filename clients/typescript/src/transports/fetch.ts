import { abortReason, throwIfAborted } from "../abort.js";
import { NetworkError } from "../errors.js";
import { isFileUri, sizeOf, type Transport, type TransportRequest } from "../transport.js";
import type { TransportResponse } from "../transport.js";

const PIECE_BYTES = 65_536;

export interface FetchTransportOptions {
  readonly fetch?: typeof fetch | undefined;
  /** Node alone sends a stream with a Content-Length, which the store needs; elsewhere there is no progress. */
  readonly streams?: boolean | undefined;
}

/** For Node, and wherever there is no XMLHttpRequest, as in service workers. Takes no file URIs. */
export class FetchTransport implements Transport {
  readonly reportsProgress: boolean;
  private readonly fetch: typeof fetch | undefined;

  constructor(options: FetchTransportOptions = {}) {
    this.reportsProgress = options.streams ?? runsInNode();
    this.fetch = options.fetch;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    throwIfAborted(request.signal);
    const { url, signal } = request;
    const response = await this.attempt(request, () => (this.fetch ?? fetch)(url, this.init(request)));
    const body = await this.attempt(request, () => response.text());
    if (response.ok && !this.reportsProgress) request.onProgress?.(sizeOf(request.body), sizeOf(request.body));
    throwIfAborted(signal);
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  }

  private init({ method, headers, body, signal, onProgress }: TransportRequest): RequestInit {
    if (isFileUri(body)) throw new TypeError("This transport reads no file URIs. Give it a Blob.");
    const common: RequestInit = { method, headers: { ...headers }, ...(signal && { signal }) };
    if (!this.reportsProgress) return { ...common, body };
    const blob = body instanceof Blob ? body : new Blob([body]);
    const signed = { ...headers, "Content-Length": String(blob.size) };
    const streamed = { ...common, headers: signed, body: counted(blob, onProgress), duplex: "half" };
    return streamed;
  }

  private async attempt<T>({ signal }: TransportRequest, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal);
      if (error instanceof TypeError && error.cause === undefined && runsInNode()) throw error;
      throw new NetworkError("network_error", "The store could not be reached, or the connection broke.", error);
    }
  }
}

function runsInNode(): boolean {
  const found = globalThis as { process?: { versions?: { node?: string } } };
  return found.process?.versions?.node !== undefined;
}

/** Read as it is sent, piece by piece: a Blob's own stream comes in pieces as large as the Blob. */
function counted(blob: Blob, onProgress: TransportRequest["onProgress"]): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (sent > 0) onProgress?.(sent, blob.size);
        if (sent === blob.size) {
          controller.close();
          return;
        }
        const piece = await blob.slice(sent, sent + PIECE_BYTES).arrayBuffer();
        sent += piece.byteLength;
        controller.enqueue(new Uint8Array(piece));
      },
    },
    { highWaterMark: 0 },
  );
}
