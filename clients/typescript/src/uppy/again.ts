import type { Body, Meta, Uppy } from "@uppy/core";

import { PhotodockError } from "../errors.js";
import { CutOtherwise } from "./cuts.js";

/**
 * What S3 says of a file or a part, and another try mends, because it begins with what is there and has URLs of its own:
 * 403, the URL has ended; 404, the upload is over; 409, two tries met; 412, the file has arrived, its answer was lost.
 */
const MENDED_STATUSES: readonly unknown[] = [403, 404, 409, 412];

/** Files that failed for such a reason are taken up again, once, before Uppy tells how its upload went. */
export function takeUpAgain<M extends Meta, B extends Body>(uppy: Uppy<M, B>): void {
  const waiting = new Set<string>();
  const tried = new Set<string>();
  uppy.on("upload-error", (file, error) => {
    if (!file || !isThere(uppy, file.id) || !isMended(error) || tried.delete(file.id)) return;
    waiting.add(file.id);
    forget(uppy, file.id, error.message);
  });
  uppy.on("upload-success", (file) => {
    if (file) tried.delete(file.id);
  });
  // To Uppy a further uploader: it runs when the one before is done with all files.
  uppy.addUploader(async (fileIds) => {
    const again = fileIds.filter((id) => waiting.delete(id) && isThere(uppy, id));
    again.forEach((id) => tried.add(id));
    await Promise.all(again.map((id) => uppy.retryUpload(id)));
    tellOfOthers(uppy);
  });
}

function isMended(error: unknown): boolean {
  if (error instanceof PhotodockError) return error.code === "multipart_not_started";
  return error instanceof CutOtherwise || MENDED_STATUSES.includes((error as { status?: unknown }).status);
}

/** Uppy has noted the failure and is about to show it. */
function forget<M extends Meta, B extends Body>(uppy: Uppy<M, B>, fileId: string, message: string): void {
  uppy.setFileState(fileId, { error: null });
  const { info } = uppy.getState();
  uppy.setState({ error: null, info: info.filter(({ details }) => details !== message) });
}

/** A further try made Uppy forget that other files have failed. */
function tellOfOthers<M extends Meta, B extends Body>(uppy: Uppy<M, B>): void {
  const error = uppy.getFiles().find((file) => file.error)?.error;
  if (error) uppy.setState({ error });
}

function isThere<M extends Meta, B extends Body>(uppy: Uppy<M, B>, fileId: string): boolean {
  return fileId in uppy.getState().files;
}
