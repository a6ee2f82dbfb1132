/** Files that a folder has beside its photos are left out; a file that was chosen by itself is not. */
const PICTURES = /\.(jpe?g|png|heic|heif|webp|gif|tiff?|avif|bmp)$/i;

export interface Found {
  readonly files: readonly File[];
  /** In folders, what is no picture. */
  readonly leftOut: number;
}

export function ofFolder(files: readonly File[]): Found {
  const pictures = files.filter(({ name }) => PICTURES.test(name) && !name.startsWith("."));
  return { files: pictures, leftOut: files.length - pictures.length };
}

/** What was dropped, folders with all that is in them. To be called at once: the browser forgets it after the event. */
export async function dropped(transfer: DataTransfer): Promise<Found> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return { files: [...transfer.files], leftOut: 0 };
  const single: File[] = [];
  const inFolders: File[] = [];
  for (const entry of entries) {
    if (entry.isFile) single.push(await fileOf(entry as FileSystemFileEntry));
    else await walk(entry as FileSystemDirectoryEntry, inFolders);
  }
  const found = ofFolder(inFolders);
  return { files: [...single, ...found.files], leftOut: found.leftOut };
}

async function walk(folder: FileSystemDirectoryEntry, into: File[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // A part at a time, until it gives none.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry.isFile) into.push(await fileOf(entry as FileSystemFileEntry));
      else await walk(entry as FileSystemDirectoryEntry, into);
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}
