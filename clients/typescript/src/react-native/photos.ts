import { PhotodockError } from "../errors.js";
import type { FileUriSource } from "../source.js";

/** What expo-image-picker and expo-camera give. */
export interface PickedPhoto {
  readonly uri: string;
  readonly fileName?: string | null | undefined;
  readonly mimeType?: string | null | undefined;
}

/** What is used of `expo-file-system/legacy` to measure a file. */
export interface ExpoFileInfo {
  getInfoAsync(uri: string): Promise<{ readonly exists: boolean; readonly size?: number }>;
}

/**
 * The photo as `upload` takes it. The file is measured here, because its size is signed: a picker may tell that of the
 * photo before it was converted or cropped.
 */
export async function pickedPhoto(fileSystem: ExpoFileInfo, picked: PickedPhoto): Promise<FileUriSource> {
  const { exists, size } = await fileSystem.getInfoAsync(picked.uri);
  if (!exists || size === undefined)
    throw new PhotodockError("file_missing", "The photo's file is not there any more.");
  return { uri: picked.uri, size, name: picked.fileName ?? undefined, type: picked.mimeType ?? undefined };
}
