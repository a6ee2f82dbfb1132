import type { Project } from "@photodock/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Gallery } from "./gallery.js";
import { useRoute } from "./hooks.js";
import { PhotoPage } from "./photo.js";
import { forgetToken, givenToken, isSignedOut, keepToken, Session, wordsOf } from "./session.js";
import { SignIn } from "./signin.js";
import { Uploads } from "./uploads.js";

const INITIAL = givenToken();

export function App() {
  const [token, setToken] = useState(INITIAL);
  const [ended, setEnded] = useState(false);
  const session = useMemo(() => (token === null ? null : new Session(token)), [token]);
  const leave = useCallback((because: "asked" | "refused") => {
    forgetToken();
    setEnded(because === "refused");
    setToken(null);
  }, []);
  useEffect(() => () => void session?.queue.stop(), [session]);
  if (session) return <Console key={session.token} session={session} onLeave={leave} />;
  return (
    <SignIn
      ended={ended}
      onToken={(given) => {
        keepToken(given);
        setToken(given);
      }}
    />
  );
}

interface ConsoleProps {
  readonly session: Session;
  readonly onLeave: (because: "asked" | "refused") => void;
}

function Console({ session, onLeave }: ConsoleProps) {
  const route = useRoute();
  const refused = useCallback(() => {
    onLeave("refused");
  }, [onLeave]);
  const { projects, error } = useProjects(session, refused);
  const [chosen, choose] = useState<string | null>(null);
  const wanted = route.name === "gallery" ? route.projectId : null;
  const projectId = wanted ?? chosen ?? projects?.[0]?.id ?? null;
  useEffect(() => {
    if (projectId !== null) choose(projectId);
  }, [projectId]);
  const main = useFocusOnNavigation(route.name === "photo" ? route.photoId : "gallery");
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the photos
      </a>
      <header class="top">
        <h1>
          <a href={projectId === null ? "#/" : `#/projects/${projectId}`}>photodock</a>
        </h1>
        {projects && projects.length > 0 && (
          <label class="project">
            <span class="hidden">Project</span>
            <select
              value={projectId ?? ""}
              onChange={({ currentTarget }) => {
                location.hash = `#/projects/${currentTarget.value}`;
              }}
            >
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            onLeave("asked");
          }}
        >
          Sign out
        </button>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {error !== null && (
          <p class="notice bad" role="alert">
            {error}
          </p>
        )}
        {projects?.length === 0 && (
          <p class="notice">
            Your organization has no project yet. Whoever runs the service makes one with{" "}
            <code>PUT /api/v1/projects/ID</code>.
          </p>
        )}
        {projectId !== null && (
          <Uploads session={session} projectId={projectId} hidden={route.name === "photo"} onSignedOut={refused} />
        )}
        {route.name === "photo" && (
          <PhotoPage
            key={route.photoId}
            session={session}
            photoId={route.photoId}
            projectId={projectId}
            onSignedOut={refused}
          />
        )}
        {projectId !== null && route.name === "gallery" && (
          <Gallery key={projectId} session={session} projectId={projectId} onSignedOut={refused} />
        )}
      </main>
    </>
  );
}

function useProjects(
  session: Session,
  refused: () => void,
): { projects: readonly Project[] | null; error: string | null } {
  const [projects, setProjects] = useState<readonly Project[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    session.client.projects({ signal: controller.signal }).then(setProjects, (failure: unknown) => {
      if (controller.signal.aborted) return;
      if (isSignedOut(failure)) refused();
      setError(wordsOf(failure));
    });
    return () => {
      controller.abort();
    };
  }, [session, refused]);
  return { projects, error };
}

/** Whoever follows a link by keyboard goes on where the new content begins; the first page keeps the browser's way. */
function useFocusOnNavigation(place: string) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(place);
  useEffect(() => {
    if (before.current === place) return;
    before.current = place;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);
  return main;
}
