/** A store that has not answered by then is taken as failed. WebKit's has been seen to hang for ever. */
const STORE_MS = 15_000;

export class StoreSilent extends Error {
  override readonly name = "StoreSilent";

  constructor() {
    super("The queue's store does not answer.");
  }
}

/** Rejects with StoreSilent where the store does not answer; `moreMs` for a call that has much to write. */
export async function bounded<T>(work: Promise<T>, moreMs = 0): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreSilent());
    }, STORE_MS + moreMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
