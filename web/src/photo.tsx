import { PhotodockError, type HistoryItem, type Photo, type PhotoStatus } from "@photodock/client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { Actions } from "./actions.js";
import { Facts } from "./facts.js";
import { isSignedOut, wordsOf } from "./failures.js";
import { History } from "./history.js";
import { hashOf, useTitle } from "./hooks.js";
import { Large } from "./large.js";
import type { Library } from "./library.js";
import { Neighbours } from "./neighbours.js";
import type { Session } from "./session.js";
import { Badge } from "./thumbnail.js";

interface Props {
  readonly session: Session;
  readonly photoId: string;
  /** Most likely the photo's. */
  readonly projectId: string | null;
  /** The gallery that is behind this page, and its filter. */
  readonly library: Library | null;
  readonly status: PhotoStatus | null;
  readonly onProject: (projectId: string) => void;
  readonly onSignedOut: () => void;
}

type Found =
  { readonly photo: Photo; readonly history: readonly HistoryItem[] } | { readonly problem: string } | "loading";

export function PhotoPage({ session, photoId, projectId: near, library, status, onProject, onSignedOut }: Props) {
  const { found, refresh } = usePhoto(session, photoId, near, onSignedOut);
  const projectId = typeof found === "object" && "photo" in found ? found.photo.project_id : null;
  useTitle(typeof found === "object" && "photo" in found ? found.photo.file_name : "Photo");
  const back = projectId === null ? "#/" : hashOf(projectId, status);
  useLayoutEffect(() => {
    if (projectId !== null) onProject(projectId);
  }, [projectId, onProject]);
  return (
    <article class="photo">
      <nav class="bar" aria-label="Photos">
        <a class="back" href={back}>
          ← All photos
        </a>
        {library && <Neighbours library={library} photoId={photoId} back={back} />}
      </nav>
      {found === "loading" && <p role="status">Loading …</p>}
      {typeof found === "object" && "problem" in found && (
        <div class="empty" role="alert">
          <h2>{found.problem === "" ? "Photo not found" : "The photo cannot be shown"}</h2>
          <p>
            {found.problem === ""
              ? "There is no such photo, or it is not yours to see. It may have been deleted."
              : found.problem}
          </p>
          {found.problem !== "" && (
            <button type="button" onClick={refresh}>
              Try again
            </button>
          )}
        </div>
      )}
      {typeof found === "object" && "photo" in found && (
        <>
          <div class="title">
            <h2 title={found.photo.file_name}>{found.photo.file_name}</h2>
            <Badge status={found.photo.status} />
          </div>
          <div class="columns">
            <div class="shown">
              <Large photo={found.photo} refresh={refresh} />
              <Actions session={session} photo={found.photo} back={back} refresh={refresh} />
            </div>
            <Facts photo={found.photo} />
            <History lines={found.history} />
          </div>
        </>
      )}
    </article>
  );
}

/** The photo and its history, read anew with each change. */
function usePhoto(session: Session, photoId: string, near: string | null, onSignedOut: () => void) {
  const [found, show] = useState<Found>("loading");
  const project = useRef(near);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const { client } = session;
    const failed = (error: unknown): void => {
      if (signal.aborted) return;
      if (isSignedOut(error)) onSignedOut();
      show((before) => {
        if (isMissing(error)) return { problem: "" };
        // What is shown stays: it is only no longer kept up to date.
        return typeof before === "object" && "photo" in before ? before : { problem: wordsOf(error) };
      });
    };
    let reads = 0;
    let shown = 0;
    const read = async (): Promise<Photo> => {
      const turn = (reads += 1);
      const [photo, history] = await Promise.all([
        client.photo(photoId, { signal }),
        client.history(photoId, { signal }),
      ]);
      // An answer that comes late tells of what was before.
      if (turn > shown) show({ photo, history });
      shown = Math.max(shown, turn);
      return photo;
    };
    const listen = (projectId: string): void => {
      const leave = session.feed(projectId).listen({
        changed: (event) => {
          if (event.type === "reset" || event.photo_id === photoId) read().catch(failed);
        },
        failed,
      });
      signal.addEventListener("abort", leave);
    };
    // Read only when it is listened to: what changes meanwhile would be missed.
    const follow = async (): Promise<void> => {
      const expected = project.current;
      if (expected !== null) listen(expected);
      const { project_id } = await read();
      if (signal.aborted || project_id === expected) return;
      project.current = project_id;
      listen(project_id);
      await read();
    };
    follow().catch(failed);
    return () => {
      controller.abort();
    };
  }, [session, photoId, onSignedOut, round]);
  const refresh = (): void => {
    setRound((before) => before + 1);
  };
  return { found, refresh };
}

/** An address with something else than an id in it leads to no photo either. */
function isMissing(error: unknown): boolean {
  return error instanceof PhotodockError && (error.status === 404 || error.status === 422);
}
