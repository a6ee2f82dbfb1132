/** Files that a folder has beside its photos are left out; a file that was chosen by itself is not. */
const PICTURES = /\.(jpe?g|png|heic|heif|webp|gif|tiff?|avif|bmp)$/i;

export interface Found {
  readonly files: readonly File[];
  /** In folders, what is no picture. */
  readonly leftOut: number;
  /** Files and folders that the browser could not read. */
  readonly unread: number;
}

export function alone(files: readonly File[]): Found {
  return { files, leftOut: 0, unread: 0 };
}

/** Without what lies in hidden folders, where programs keep copies of their own; the chosen one may be hidden. */
export function ofFolder(files: readonly File[]): Found {
  const seen = files.filter(({ webkitRelativePath: path }) => !path.split("/").slice(1, -1).some(isHidden));
  const pictures = seen.filter(isPicture);
  return { files: pictures, leftOut: seen.length - pictures.length, unread: 0 };
}

/** What was dropped, folders with all that is in them. To be called at once: the browser forgets it after the event. */
export async function dropped(transfer: Pick<DataTransfer, "items" | "files">): Promise<Found> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return alone([...transfer.files]);
  const walk = new Walk();
  for (const entry of entries) await walk.enter(entry);
  const pictures = walk.inFolders.filter(isPicture);
  return {
    files: [...walk.single, ...pictures],
    leftOut: walk.inFolders.length - pictures.length,
    unread: walk.unread,
  };
}

/** Through entries and all that is below them. What cannot be read, as on a card that is worn, is counted alone. */
class Walk {
  readonly single: File[] = [];
  readonly inFolders: File[] = [];
  unread = 0;

  async enter(entry: FileSystemEntry): Promise<void> {
    if (entry.isFile) await this.take(entry as FileSystemFileEntry, this.single);
    else await this.folder(entry as FileSystemDirectoryEntry);
  }

  private async folder(folder: FileSystemDirectoryEntry): Promise<void> {
    const reader = folder.createReader();
    for (;;) {
      // A part at a time, until it gives none.
      const entries = await this.orCount<FileSystemEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (!entries || entries.length === 0) return;
      for (const entry of entries) {
        if (entry.isFile) await this.take(entry as FileSystemFileEntry, this.inFolders);
        else if (!isHidden(entry.name)) await this.folder(entry as FileSystemDirectoryEntry);
      }
    }
  }

  private async take(entry: FileSystemFileEntry, into: File[]): Promise<void> {
    const file = await this.orCount<File>((resolve, reject) => {
      entry.file(resolve, reject);
    });
    if (file) into.push(file);
  }

  private async orCount<T>(work: ConstructorParameters<typeof Promise<T>>[0]): Promise<T | undefined> {
    try {
      return await new Promise<T>(work);
    } catch {
      this.unread += 1;
      return undefined;
    }
  }
}

function isPicture({ name }: File): boolean {
  return PICTURES.test(name) && !isHidden(name);
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}
