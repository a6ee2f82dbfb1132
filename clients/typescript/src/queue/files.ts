import { withinTime } from "../abort.js";
import { bytesOf, canBeRead } from "../source.js";
import { isFileUri, type TransportBody } from "../transport.js";
import { FileError, isNetworkFailure } from "./failures.js";
import type { StoredItem } from "./item.js";
import type { Ledger } from "./ledger.js";
import type { StoredFile } from "./store.js";

/** A URI as it is valid now: on iOS the folder of an app has another path after each update. */
export type ResolveUri = (uri: string) => string | Promise<string>;

const OPEN_SECONDS = 20;
const READ_PER_SECOND = 1_000_000;

/** Where the bytes of items are. */
export class Files {
  private readonly ledger: Ledger;
  /** Files that only this page has. */
  private readonly held: ReadonlyMap<string, StoredFile>;
  private readonly resolveUri: ResolveUri;

  constructor(ledger: Ledger, held: ReadonlyMap<string, StoredFile>, resolveUri: ResolveUri = (uri) => uri) {
    this.ledger = ledger;
    this.held = held;
    this.resolveUri = resolveUri;
  }

  /** What is to be sent. Rejects with FileError where it can't be read, or is no longer what was declared. */
  async body(item: StoredItem): Promise<TransportBody> {
    return inTime(OPEN_SECONDS, () => this.checked(item));
  }

  /** For hashing; null for what is not read here. Rejects as `body` does. */
  async bytes(item: StoredItem): Promise<Uint8Array<ArrayBuffer> | null> {
    const body = await this.body(item);
    return inTime(OPEN_SECONDS + item.fileSize / READ_PER_SECOND, () => bytesOf(body));
  }

  private async checked(item: StoredItem): Promise<TransportBody> {
    const body = await this.find(item);
    if (!body) throw new FileError("file_missing", "The file is not here any more. Add it again with retry(id, file).");
    if (isFileUri(body)) return body;
    const size = body instanceof Blob ? body.size : body.byteLength;
    if (size !== item.fileSize)
      throw new FileError("file_changed", "The file has another size than when it was added.");
    if (body instanceof Blob && canBeRead(body)) await readable(body);
    return body;
  }

  private async find(item: StoredItem): Promise<TransportBody | undefined> {
    const held = this.held.get(item.id);
    if (held) return opened(held);
    if (item.origin.kind === "uri") return { uri: await this.resolveUri(item.origin.uri) };
    // Of `page` too: a store that was given up because it did not answer may have written the file all the same.
    const stored = await this.ledger.file(item.id);
    return stored && opened(stored);
  }
}

/** A file that lies in a cloud, say, may never answer. It is not gone, and nobody else must wait for it. */
async function inTime<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  try {
    return await withinTime(seconds, undefined, work);
  } catch (error) {
    throw isNetworkFailure(error) ? new Error("The file can't be opened right now.", { cause: error }) : error;
  }
}

async function opened(file: StoredFile): Promise<Blob> {
  if (!("getFile" in file)) return file;
  try {
    return await file.getFile();
  } catch {
    // Moved, deleted, or the page must ask its user again (NotAllowedError).
    throw new FileError("file_missing", "The file can't be opened. Add it again with retry(id, file).");
  }
}

/** XMLHttpRequest takes a Blob that can't be read for a broken network: it would be tried for ever. */
async function readable(blob: Blob): Promise<void> {
  try {
    await blob.slice(0, 1).arrayBuffer();
  } catch {
    throw new FileError("file_missing", "The file can't be read any more. Add it again with retry(id, file).");
  }
}
