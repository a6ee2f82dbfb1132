import { isFileUri, type FileUri, type TransportBody } from "./transport.js";

/** A file of React Native. Its size is part of what is signed, so that it must be known beforehand. */
export interface FileUriSource extends FileUri {
  /** Bytes. */
  readonly size: number;
  readonly name?: string | undefined;
  readonly type?: string | undefined;
}

/** What can be uploaded: a browser's File or Blob, bytes, or a file of React Native. */
export type PhotoSource = Blob | Uint8Array<ArrayBuffer> | FileUriSource;

export interface PhotoNames {
  /** Of a File its name, else `photo.jpg` or `photo.png`. */
  readonly fileName?: string | undefined;
  /** Of a File or Blob its type, else by the ending of its name. */
  readonly mimeType?: string | undefined;
}

export interface DescribedPhoto {
  readonly body: TransportBody;
  readonly fileName: string;
  readonly fileSize: number;
  readonly mimeType: string;
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  // The service refuses these two, and says what to do.
  heic: "image/heic",
  heif: "image/heif",
};

/** What an upload URL is asked for with. Which types are taken in is for the service to say. */
export function describePhoto(source: PhotoSource, names: PhotoNames = {}): DescribedPhoto {
  const found = facts(source);
  const givenName = names.fileName ?? found.name;
  const givenType = names.mimeType ?? found.type;
  const mimeType = givenType ?? typeOfName(givenName ?? "");
  const fileName = givenName ?? (mimeType === "image/png" ? "photo.png" : "photo.jpg");
  return { body: isFileUri(source) ? { uri: source.uri } : source, fileName, fileSize: found.size, mimeType };
}

function facts(source: PhotoSource): { name?: string | undefined; type?: string | undefined; size: number } {
  if (source instanceof Uint8Array) return { size: source.byteLength };
  if (isFileUri(source)) return { name: source.name ?? lastOf(source.uri), type: source.type, size: source.size };
  const type = source.type === "" ? undefined : source.type;
  return { name: "name" in source ? (source as File).name : undefined, type, size: source.size };
}

function lastOf(uri: string): string | undefined {
  const last = uri.split(/[?#]/)[0]?.split("/").pop();
  try {
    return last ? decodeURIComponent(last) : undefined;
  } catch {
    return last;
  }
}

function typeOfName(name: string): string {
  const ending = name.includes(".") ? (name.split(".").pop() ?? "") : "jpg";
  return MIME_TYPES[ending.toLowerCase()] ?? "application/octet-stream";
}

/** The file's bytes, for hashing; null for a file URI, which is not read here, and for React Native's Blobs. */
export async function bytesOf(body: TransportBody): Promise<Uint8Array<ArrayBuffer> | null> {
  if (isFileUri(body) || (body instanceof Blob && !canBeRead(body))) return null;
  return body instanceof Blob ? new Uint8Array(await body.arrayBuffer()) : body;
}

/** React Native's Blobs are names of bytes, which can be sent and not read. */
export function canBeRead(blob: Blob): boolean {
  return typeof (blob as Partial<Blob>).arrayBuffer === "function";
}
