import type { Photo } from "@photodock/client";
import { useState } from "preact/hooks";

import { wordsOf } from "./failures.js";
import type { Session } from "./session.js";

interface Props {
  readonly session: Session;
  readonly photo: Photo;
  readonly onError: (words: string) => void;
}

/** Saves the original: the browser writes it to the disk as it comes, shows how far it is, and names it as the store says. */
export function DownloadButton({ session, photo, onError }: Props) {
  const [busy, setBusy] = useState(false);
  const download = async (): Promise<void> => {
    setBusy(true);
    try {
      // Read anew, because an address ends after some minutes.
      const { download_url } = await session.client.photo(photo.id);
      await follow(download_url ?? "");
    } catch (error) {
      onError(error instanceof TypeError ? "The store cannot be reached. Check the connection." : wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" disabled={busy} onClick={() => void download()}>
      Download original
    </button>
  );
}

/** Once the store gives the photo: its refusals are no attachments, and would stand in place of this page. */
async function follow(address: string): Promise<void> {
  const asking = new AbortController();
  const { ok, status } = await fetch(address, { signal: asking.signal });
  asking.abort();
  if (!ok) throw new Error(`The store did not give the photo (${String(status)}). Try again.`);
  const link = document.createElement("a");
  link.href = address;
  link.click();
}
