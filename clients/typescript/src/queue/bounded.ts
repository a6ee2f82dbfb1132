/** A store that has not answered by then is taken as failed. WebKit's has been seen to hang for ever. */
const STORE_MS = 15_000;

/** Rejects where the store does not answer. */
export async function bounded<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("The queue's store does not answer."));
    }, STORE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
