const MIB = 1024 * 1024;
const LEAST_PART_SIZE = 5 * MIB;
const MAX_PARTS = 1000;

/** Uppy cuts a file before the service is asked how. This is what the service would say, or has said. */
export class Cuts {
  private readonly multipartFrom: number;
  private readonly learned = new Map<number, number>();

  constructor(multipartFrom: number) {
    this.multipartFrom = multipartFrom;
  }

  /** Bytes of every part but the last; the file's own size where it goes as a whole. */
  partSize(fileSize: number): number {
    const inParts = Math.max(LEAST_PART_SIZE, Math.ceil(fileSize / (MAX_PARTS * MIB)) * MIB);
    return this.learned.get(fileSize) ?? (fileSize < this.multipartFrom ? fileSize : Math.min(inParts, fileSize));
  }

  /** From now on files of that size are cut as the service says. Throws CutOtherwise where they were not yet. */
  learn(fileSize: number, partSize: number): void {
    if (this.partSize(fileSize) === partSize) return;
    this.learned.set(fileSize, partSize);
    throw new CutOtherwise();
  }
}

/** The file is to be cut anew: another try goes well. */
export class CutOtherwise extends Error {
  override readonly name = "CutOtherwise";

  constructor() {
    super("The service cuts this file into other parts. Try again.");
  }
}
