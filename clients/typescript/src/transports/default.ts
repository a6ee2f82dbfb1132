import type { Transport } from "../transport.js";
import { FetchTransport } from "./fetch.js";
import { XhrTransport } from "./xhr.js";

/** XMLHttpRequest where there is one: it tells the progress of an upload. */
export function defaultTransport(): Transport {
  return typeof XMLHttpRequest === "undefined" ? new FetchTransport() : new XhrTransport();
}
