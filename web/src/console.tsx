import type { PhotoStatus, Project } from "@photodock/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { isSignedOut, wordsOf } from "./failures.js";
import { Gallery } from "./gallery.js";
import { useLast, useOnline, useRoute, type Route } from "./hooks.js";
import { Library } from "./library.js";
import { PhotoPage } from "./photo.js";
import type { Session } from "./session.js";
import { Top } from "./top.js";
import { Uploads } from "./uploads.js";

interface Props {
  readonly session: Session;
  readonly onLeave: (because: "asked" | "refused") => void;
}

/** Uploads and gallery stay in the document beside a photo's page: whoever comes back finds them as they were. */
export function Console({ session, onLeave }: Props) {
  const route = useRoute();
  const refused = useCallback(() => {
    onLeave("refused");
  }, [onLeave]);
  const { projects, error, again } = useProjects(session, refused);
  const online = useOnline();
  const place = useLast(route.name === "gallery" ? route : null);
  const photoId = route.name === "photo" ? route.photoId : null;
  const opened = useLast(photoId);
  const [projectOfPhoto, setProjectOfPhoto] = useProjectOfPhoto(route);
  const projectId = projectOfPhoto ?? place?.projectId ?? projects?.[0]?.id ?? null;
  const status = place?.projectId === projectId ? place.status : null;
  const library = useLibrary(session, projectId, status, refused);
  const main = useFocusOnNavigation(photoId, projectId);
  return (
    <>
      <Top projects={projects ?? []} projectId={projectId} main={main} onLeave={onLeave} />
      <main id="main" ref={main} tabIndex={-1}>
        {!online && (
          <p class="notice warm" role="status">
            You are offline. What you see may be out of date; uploads go on by themselves when the network is back.
          </p>
        )}
        {error !== null && (
          <p class="notice bad" role="alert">
            {error}{" "}
            <button type="button" class="plain" onClick={again}>
              Try again
            </button>
          </p>
        )}
        {projects?.length === 0 && (
          <p class="notice">
            Your organization has no project yet. Whoever runs the service makes one with{" "}
            <code>PUT /api/v1/projects/ID</code>.
          </p>
        )}
        {projectId !== null && (
          <Uploads
            session={session}
            projects={projects ?? []}
            projectId={projectId}
            hidden={photoId !== null}
            onSignedOut={refused}
          />
        )}
        {photoId !== null && (
          <PhotoPage
            key={photoId}
            session={session}
            photoId={photoId}
            projectId={projectId}
            library={library}
            status={status}
            onProject={setProjectOfPhoto}
            onSignedOut={refused}
          />
        )}
        {library && projectId !== null && (
          <Gallery
            key={projectId}
            library={library}
            title={projects?.find(({ id }) => id === projectId)?.name ?? ""}
            projectId={projectId}
            status={status}
            hidden={photoId !== null}
            opened={opened}
          />
        )}
      </main>
    </>
  );
}

/** Of the photo that is, or was last, looked at: it need not be that of the gallery. Until another gallery is chosen. */
function useProjectOfPhoto(route: Route) {
  const [found, setFound] = useState<string | null>(null);
  const chosen = route.name === "gallery" ? route.projectId : null;
  // The gallery's own choice counts at once, and what was found before no more.
  useEffect(() => {
    if (chosen !== null) setFound(null);
  }, [chosen]);
  return [chosen === null ? found : null, setFound] as const;
}

function useLibrary(
  session: Session,
  projectId: string | null,
  status: PhotoStatus | null,
  signedOut: () => void,
): Library | null {
  const library = useMemo(
    () => (projectId === null ? null : new Library(session, projectId, status, signedOut)),
    [session, projectId, status, signedOut],
  );
  useEffect(() => {
    library?.start();
    return () => library?.stop();
  }, [library]);
  return library;
}

function useProjects(session: Session, refused: () => void) {
  const [projects, setProjects] = useState<readonly Project[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setError(null);
    session.client.projects({ signal: controller.signal }).then(setProjects, (failure: unknown) => {
      if (controller.signal.aborted) return;
      if (isSignedOut(failure)) refused();
      setError(wordsOf(failure));
    });
    return () => {
      controller.abort();
    };
  }, [session, refused, round]);
  const again = (): void => {
    setRound((before) => before + 1);
  };
  return { projects, error, again };
}

/** Whoever follows a link by keyboard goes on where the new content begins; the first page keeps the browser's way. */
function useFocusOnNavigation(photoId: string | null, projectId: string | null) {
  const main = useRef<HTMLElement>(null);
  const before = useRef({ photoId, projectId });
  useEffect(() => {
    const last = before.current;
    before.current = { photoId, projectId };
    // A photo's page that finds its project stays where it is.
    if (last.photoId === photoId && (photoId !== null || last.projectId === projectId || last.projectId === null))
      return;
    if (photoId !== null || last.projectId !== projectId) scrollTo(0, 0);
    // A gallery that is come back to has given the focus to the photo that was open.
    if (document.activeElement?.closest(".tile") === null) main.current?.focus({ preventScroll: true });
  }, [photoId, projectId]);
  return main;
}
