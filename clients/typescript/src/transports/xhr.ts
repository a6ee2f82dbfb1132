import { abortReason, throwIfAborted } from "../abort.js";
import { NetworkError } from "../errors.js";
import { isFileUri, type Transport, type TransportRequest, type TransportResponse } from "../transport.js";

/**
 * For browsers, whose `fetch` tells no progress of an upload, and for React Native in the foreground, whose
 * XMLHttpRequest reads a file URI by itself.
 */
export class XhrTransport implements Transport {
  readonly reportsProgress = true;

  async send(request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    throwIfAborted(signal);
    const xhr = new XMLHttpRequest();
    const stop = (): void => {
      xhr.abort();
    };
    signal?.addEventListener("abort", stop);
    try {
      await sent(xhr, request);
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    return { status: xhr.status, headers: parseHeaders(xhr.getAllResponseHeaders()), body: xhr.responseText };
  }
}

function sent(
  xhr: XMLHttpRequest,
  { url, method, headers, body, signal, onProgress }: TransportRequest,
): Promise<void> {
  return new Promise((resolve, reject) => {
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => {
      onProgress?.(event.loaded, event.total);
    };
    xhr.onload = () => {
      resolve();
    };
    xhr.onerror = () => {
      reject(new NetworkError("network_error", "The store could not be reached, or the connection broke."));
    };
    xhr.onabort = () => {
      reject(signal?.aborted ? abortReason(signal) : new NetworkError("network_error", "The upload was ended."));
    };
    // React Native takes { uri } here, which the types of browsers don't know.
    xhr.send(isFileUri(body) ? ({ uri: body.uri } as unknown as XMLHttpRequestBodyInit) : body);
  });
}

/** Lines of `name: value`, by CRLF. */
function parseHeaders(text: string): Record<string, string> {
  const pairs = text
    .split("\r\n")
    .map((line) => [line, line.indexOf(":")] as const)
    .filter(([, colon]) => colon > 0)
    .map(([line, colon]) => [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
