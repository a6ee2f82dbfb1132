import { withinTime } from "../abort.js";
import { PhotodockError, StorageError } from "../errors.js";
import type { Photo } from "../models.js";
import { putFile, type SignedPut } from "../storage.js";
import { isFileUri, type Transport, type TransportBody } from "../transport.js";
import type { IssuedPart, QueueApi } from "./api.js";
import { isUnknownCall } from "./failures.js";
import type { MultipartState, StoredItem } from "./item.js";
import type { ItemEvent } from "./machine.js";

export interface SendingOptions {
  readonly api: QueueApi;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** Bytes of the file that have left, of this try. */
  readonly onProgress: (sentBytes: number) => void;
  /** A PUT of so many bytes has ended well. */
  readonly onPut: (bytes: number, startedAt: number) => void;
  /** Writes down what must be known after a kill. */
  readonly note: (event: ItemEvent) => Promise<void>;
  /** As last measured, of all PUTs together. */
  readonly bytesPerSecond: number | null;
}

/** The least that is hoped for of a line, in bytes a second, while nothing was measured. */
const SLOWEST = 4_000;
const PATIENCE_SECONDS = 60;

/** Sends the file by one PUT. Returns when S3 has it; throws whatever went wrong. */
export async function sendWhole(item: StoredItem, body: TransportBody, options: SendingOptions): Promise<void> {
  const target = item.target;
  if (!target) throw new Error("An item without a URL cannot be sent.");
  await put(
    { upload_url: target.url, method: target.method, headers: target.headers },
    body,
    item.fileSize,
    0,
    options,
  );
}

/**
 * Sends the parts that are not there yet, one after the other, and has them put together. Returns the photo, confirmed.
 * Which parts are there S3 knows: nothing of it is kept here.
 */
export async function sendParts(item: StoredItem, body: TransportBody, options: SendingOptions): Promise<Photo> {
  const photoId = idOf(item);
  const { api, signal } = options;
  const { partSize, partCount } = item.multipart ?? (await begin(photoId, options));
  const { uploaded } = await api.multipartParts(photoId, [], { signal });
  const there = new Set(uploaded.map(({ part_number }) => part_number));
  const missing = Array.from({ length: partCount }, (_, index) => index + 1).filter((number) => !there.has(number));
  let sent = uploaded.reduce((sum, { size }) => sum + size, 0);
  options.onProgress(sent);
  for (const number of missing) {
    // One by one: on 2G a part takes half of what its URL lives.
    const { items } = await api.multipartParts(photoId, [number], { signal });
    for (const part of items) {
      await put(part, slice(body, part, partSize), part.size, sent, options);
      sent += part.size;
    }
  }
  try {
    return await api.completeMultipart(photoId, { signal });
  } catch (error) {
    // Other parts than these are wanted, and of these none is missing: the next try has to send all of them.
    if (missing.length === 0 && isIncomplete(error)) await api.abortMultipart(photoId, { signal });
    throw error;
  }
}

/** Whether the parts that were sent are gone, or are not those that are wanted. */
export function isPartsLost(error: unknown): boolean {
  if (error instanceof StorageError) return error.storageCode === "NoSuchUpload";
  return error instanceof PhotodockError && LOST_PARTS.has(error.code);
}

function isIncomplete(error: unknown): boolean {
  return error instanceof PhotodockError && error.code === "multipart_incomplete";
}

/** Whether this file has to go whole. */
export function isForWhole(error: unknown): boolean {
  return isUnknownCall(error) || (error instanceof PhotodockError && error.code === "multipart_not_needed");
}

const LOST_PARTS = new Set(["multipart_not_started", "multipart_incomplete"]);

export function canBeSplit(body: TransportBody): boolean {
  return !isFileUri(body);
}

async function begin(photoId: string, { api, note, signal }: SendingOptions): Promise<MultipartState> {
  const { part_size, part_count } = await api.beginMultipart(photoId, { signal });
  const multipart = { partSize: part_size, partCount: part_count };
  await note({ type: "split", multipart });
  return multipart;
}

async function put(
  issued: SignedPut,
  body: TransportBody,
  size: number,
  before: number,
  options: SendingOptions,
): Promise<void> {
  const startedAt = Date.now();
  const stallSeconds = patience(size, options.bytesPerSecond);
  const { transport } = options;
  // A transport that tells no progress gets the same time for all of it, one that does for each silence.
  await withinTime(transport.reportsProgress ? null : stallSeconds, options.signal, ({ signal }) =>
    putFile(transport, issued, body, {
      signal,
      stallSeconds,
      onProgress: (sent) => {
        options.onProgress(before + sent);
      },
    }),
  );
  options.onPut(size, startedAt);
}

/**
 * How long a silence may last. XMLHttpRequest tells of bytes when the system has taken them, and that takes megabytes at
 * once: on 2G a whole photo is "sent" in a moment, and then nothing is heard for minutes.
 */
function patience(bytes: number, bytesPerSecond: number | null): number {
  const slowest = Math.max(SLOWEST, (bytesPerSecond ?? 0) / 8);
  return PATIENCE_SECONDS + bytes / slowest;
}

function slice(body: TransportBody, { part_number, size }: IssuedPart, partSize: number): TransportBody {
  const start = (part_number - 1) * partSize;
  if (body instanceof Blob) return body.slice(start, start + size);
  if (body instanceof Uint8Array) return body.subarray(start, start + size);
  throw new Error("A file URI cannot be sent in parts.");
}

function idOf(item: StoredItem): string {
  if (item.photoId === null) throw new Error("An item without a photo has no parts.");
  return item.photoId;
}
