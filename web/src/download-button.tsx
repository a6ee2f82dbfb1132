import type { Photo } from "@photodock/client";
import { useState } from "preact/hooks";

import { wordsOf, type Session } from "./session.js";
import { downloadName } from "./words.js";

interface Props {
  readonly session: Session;
  readonly photo: Photo;
  readonly onError: (words: string) => void;
}

/** How long a browser may take to begin saving. */
const KEEP_MS = 60_000;

/** Saves the original. A plain link would show it in place of the page: the store answers photos to be looked at. */
export function DownloadButton({ session, photo, onError }: Props) {
  const [busy, setBusy] = useState(false);
  const download = async (): Promise<void> => {
    setBusy(true);
    try {
      // Read anew, because an address ends after some minutes.
      const { download_url } = await session.client.photo(photo.id);
      const answer = await fetch(download_url ?? "");
      if (!answer.ok) throw new Error(`The store did not give the photo (${String(answer.status)}). Try again.`);
      save(await answer.blob(), downloadName(photo));
    } catch (error) {
      onError(error instanceof TypeError ? "The store cannot be reached. Check the connection." : wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" disabled={busy} onClick={() => void download()}>
      {busy ? "Downloading …" : "Download original"}
    </button>
  );
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, KEEP_MS);
}
