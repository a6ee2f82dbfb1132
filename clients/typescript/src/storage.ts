import { withinTime } from "./abort.js";
import { NetworkError, StorageError } from "./errors.js";
import { parseRetryAfter } from "./problems.js";
import { sizeOf, type Transport, type TransportBody } from "./transport.js";

/** What `POST /photos/upload-url` and the parts of a multipart upload have in common. */
export interface SignedPut {
  readonly upload_url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((sentBytes: number, totalBytes: number) => void) | undefined;
  /** Bytes, where the body does not tell: of a file URI. */
  readonly size?: number | undefined;
  /** Silence after which the connection is given up; not with a transport that is silent by nature. */
  readonly stallSeconds?: number | undefined;
}

export interface PutResult {
  /** `present`: S3's 412, another try has put it there. Either way the photo can be confirmed. */
  readonly outcome: "stored" | "present";
  /** Of a multipart upload's part. */
  readonly etag: string | undefined;
}

/**
 * How long a silence of a file of that size may last. XMLHttpRequest tells of bytes when the system has taken them, and
 * it takes megabytes at once: on 2G (here 4 KiB/s) a whole photo is "sent" in a moment, and minutes of silence follow.
 */
function patience(totalBytes: number): number {
  return 60 + totalBytes / 4096;
}

/** Sends the file once. Throws StorageError for an answer that is no success, NetworkError where there is none. */
export async function putFile(
  transport: Transport,
  issued: SignedPut,
  body: TransportBody,
  options: PutOptions = {},
): Promise<PutResult> {
  const telling = transport.reportsProgress && !transport.runsInBackground;
  const seconds = telling ? (options.stallSeconds ?? patience(options.size ?? sizeOf(body))) : null;
  const answer = await withinTime(seconds, options.signal, ({ signal, restart }) =>
    transport.send({
      url: issued.upload_url,
      method: issued.method,
      headers: issued.headers,
      body,
      signal,
      onProgress: (sent, total) => {
        restart();
        options.onProgress?.(sent, total);
      },
    }),
  );
  // S3 says nothing when it takes a file: whoever has something to say is a captive portal, or a proxy.
  if (isSuccess(answer.status) && answer.body.trim() !== "")
    throw new NetworkError("network_error", "What answered in the store's place is not the store.");
  if (isSuccess(answer.status)) return { outcome: "stored", etag: answer.headers["etag"] };
  if (answer.status === 412) return { outcome: "present", etag: undefined };
  throw new StorageError(answer.status, storageCode(answer.body), parseRetryAfter(answer.headers["retry-after"]));
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** S3's errors are XML: `<Error><Code>AccessDenied</Code>…`. */
function storageCode(body: string): string {
  return /<Code>([A-Za-z0-9.]{1,80})<\/Code>/.exec(body)?.[1] ?? "";
}
