import type { Photo } from "@photodock/client";
import { useRef } from "preact/hooks";

import { wordsOf } from "./failures.js";
import type { Session } from "./session.js";

interface Props {
  readonly session: Session;
  readonly photo: Photo;
  readonly back: string;
  readonly onError: (words: string) => void;
}

/** Asks first. The browser's own dialog holds the focus, closes on Escape, and gives the focus back. */
export function DeleteButton({ session, photo, back, onError }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const remove = async (): Promise<void> => {
    dialog.current?.close();
    try {
      await session.client.deletePhoto(photo.id);
      location.hash = back;
    } catch (error) {
      onError(wordsOf(error));
    }
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
        Delete …
      </button>
      <dialog ref={dialog} aria-labelledby="delete-title">
        <h3 id="delete-title">Delete {photo.file_name}?</h3>
        <p>The photo, its previews and its data are gone for good.</p>
        <div class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
          <button type="button" class="danger" onClick={() => void remove()}>
            Delete photo
          </button>
        </div>
      </dialog>
    </>
  );
}
