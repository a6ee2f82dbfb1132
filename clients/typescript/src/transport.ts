/** A file that React Native knows by its address, `file:///…` or `content://…`. */
export interface FileUri {
  readonly uri: string;
}

export type TransportBody = Blob | Uint8Array<ArrayBuffer> | FileUri;

export interface TransportRequest {
  readonly url: string;
  readonly method: string;
  /** All of them and no other: they are signed. Content-Length is the transport's own business. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: TransportBody;
  readonly signal?: AbortSignal | undefined;
  /** Bytes sent so far, never fewer than told before; told at least once before a good answer. */
  readonly onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined;
}

export interface TransportResponse {
  readonly status: number;
  /** Names in lower case. In a browser just those that CORS exposes. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends a file to the store.
 *
 * Resolves with whatever the store answered, also 4xx and 5xx. Rejects with NetworkError where no answer came, and with
 * the signal's reason where it was aborted, before or meanwhile. Never tries again: who calls knows better.
 * `transportContract` in `test/contract` is what every transport must pass.
 */
export interface Transport {
  /** Whether onProgress is told while the bytes go. */
  readonly reportsProgress: boolean;
  /** Goes on while the app sleeps and through outages: its silence does not mean that the connection hangs. */
  readonly runsInBackground?: boolean;
  send(request: TransportRequest): Promise<TransportResponse>;
}

export function isFileUri(body: unknown): body is FileUri {
  return typeof body === "object" && body !== null && typeof (body as Partial<FileUri>).uri === "string";
}

/** 0 for a file URI, whose size only its source knows. */
export function sizeOf(body: TransportBody): number {
  if (isFileUri(body)) return 0;
  return body instanceof Blob ? body.size : body.byteLength;
}
