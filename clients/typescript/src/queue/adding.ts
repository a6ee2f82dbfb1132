import type { ClientMetadata, UploadRequest } from "../models.js";
import { randomId } from "../ids.js";
import { describePhoto, type FileUriSource, type PhotoNames } from "../source.js";
import { isFileUri } from "../transport.js";
import { bounded, StoreSilent } from "./bounded.js";
import type { FileOrigin, StoredItem } from "./item.js";
import type { FileHandle, QueueStore, StoredFile } from "./store.js";

/** A browser's File or Blob, a handle of `showOpenFilePicker`, bytes, or a file of React Native. */
export type QueueSource = Blob | FileHandle | Uint8Array<ArrayBuffer> | FileUriSource;

export interface AddOptions extends PhotoNames {
  /** By default the queue's. */
  readonly projectId?: string | undefined;
  readonly detectionTypes?: readonly string[] | undefined;
  readonly priority?: UploadRequest["priority"] | undefined;
  /** What the app itself measured. */
  readonly clientMetadata?: ClientMetadata | undefined;
  /** The app's own name for this photo, 1 to 255 printable ASCII characters: added again, it is the same item. */
  readonly idempotencyKey?: string | undefined;
}

export interface NewItem {
  readonly item: StoredItem;
  /** What is to be stored, or held; none for a URI. */
  readonly file: StoredFile | undefined;
}

/** The record of a file, before anything is stored. `addedAt` is its place in the order. */
export async function newItem(
  source: QueueSource,
  options: AddOptions,
  projectId: string | undefined,
  addedAt = Date.now(),
): Promise<NewItem> {
  const project = options.projectId ?? projectId;
  if (!project) throw new TypeError("Name a projectId, here or for the whole queue.");
  const content = isHandle(source) ? await source.getFile() : source;
  const { fileName, fileSize, mimeType } = describePhoto(content, options);
  const item: StoredItem = {
    id: options.idempotencyKey ?? randomId(),
    idempotencyKey: null,
    addedAt,
    endedAt: null,
    projectId: project,
    fileName,
    fileSize,
    mimeType,
    detectionTypes: options.detectionTypes ?? null,
    priority: options.priority ?? null,
    clientMetadata: options.clientMetadata ?? null,
    origin: originOf(source),
    fingerprint: fingerprintOf(content, fileName, project),
    step: "waiting",
    paused: false,
    checksum: undefined,
    looked: false,
    existing: false,
    photoId: null,
    target: null,
    multipart: null,
    photoStatus: null,
    refusals: 0,
    error: null,
  };
  return { item, file: toStoredFile(source, mimeType) };
}

/** The same under another id: the item that has its id is about to go, and its key is free when it has gone. */
export function behind({ item, file }: NewItem): NewItem {
  return { item: { ...item, id: randomId(), idempotencyKey: item.id }, file };
}

/** What is kept of a source: bytes are taken for a Blob. */
export function toStoredFile(source: QueueSource, mimeType: string): StoredFile | undefined {
  if (source instanceof Uint8Array) return new Blob([source], { type: mimeType });
  return isFileUri(source) ? undefined : source;
}

export function isHandle(source: QueueSource | StoredFile): source is FileHandle {
  return "getFile" in source;
}

function originOf(source: QueueSource): FileOrigin {
  return isFileUri(source) ? { kind: "uri", uri: source.uri } : { kind: "store" };
}

/** Names, sizes and times may be the same of different files only where somebody means them to be. */
function fingerprintOf(source: Exclude<QueueSource, FileHandle>, name: string, projectId: string): string | null {
  if (isFileUri(source)) return JSON.stringify([projectId, source.uri, source.size]);
  if (!("lastModified" in source)) return null;
  const file = source as File;
  return JSON.stringify([projectId, name, file.size, file.lastModified]);
}

/** Items as they are stored, and the files that only this page has. */
export interface Inserted {
  readonly items: readonly StoredItem[];
  readonly held: ReadonlyMap<string, StoredFile>;
}

/** What the slowest phone's storage takes in a millisecond. */
const BYTES_PER_MS = 500;

/**
 * Stores new items, with their files where that is wanted and possible. Those for which there is no room stay in the page:
 * better than not to send them at all. Rejects when not even the records can be stored. A store that is merely slow may
 * have them all the same after the next start: no harm, since what is added again is the same photo.
 */
export async function insert(store: QueueStore, wanted: readonly NewItem[], keepContents: boolean): Promise<Inserted> {
  const kept = new Map<string, StoredFile>();
  for (const { item, file } of wanted) {
    if (file && store.keepsFiles && (keepContents || isHandle(file))) kept.set(item.id, file);
  }
  try {
    return await insertKeeping(store, wanted, kept);
  } catch (error) {
    if (kept.size === 0) throw error;
    const inserted = await insertKeeping(store, wanted, new Map());
    return kept.size === 1 || error instanceof StoreSilent ? inserted : asManyAsFit(store, inserted, kept);
  }
}

async function insertKeeping(
  store: QueueStore,
  wanted: readonly NewItem[],
  kept: ReadonlyMap<string, StoredFile>,
): Promise<Inserted> {
  const held = new Map<string, StoredFile>();
  const items = wanted.map(({ item, file }): StoredItem => {
    if (!file || kept.has(item.id)) return item;
    held.set(item.id, file);
    return { ...item, origin: { kind: "page" } };
  });
  await write(store, items, kept);
  return { items, held };
}

/** Files one by one, up to the first for which there is no room: what is stored survives a reload. */
async function asManyAsFit(
  store: QueueStore,
  inserted: Inserted,
  kept: ReadonlyMap<string, StoredFile>,
): Promise<Inserted> {
  const items = new Map(inserted.items.map((item) => [item.id, item]));
  const held = new Map(inserted.held);
  for (const [id, item] of items) {
    const file = kept.get(id);
    if (!file) continue;
    const stored: StoredItem = { ...item, origin: { kind: "store" } };
    try {
      await write(store, [stored], new Map([[id, file]]));
    } catch {
      break;
    }
    items.set(id, stored);
    held.delete(id);
  }
  return { items: [...items.values()], held };
}

async function write(
  store: QueueStore,
  items: readonly StoredItem[],
  files: ReadonlyMap<string, StoredFile>,
): Promise<void> {
  const bytes = [...files.values()].reduce((sum, file) => sum + (isHandle(file) ? 0 : file.size), 0);
  await bounded(store.add(items, files), bytes / BYTES_PER_MS);
}
