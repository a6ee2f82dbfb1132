import { useEffect, useState } from "preact/hooks";

interface Observable<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
}

/** The snapshot, and each that follows. */
export function useSnapshot<T>({ subscribe, getSnapshot }: Observable<T>): T {
  const [snapshot, show] = useState(getSnapshot);
  useEffect(() => {
    const update = (): void => {
      show(() => getSnapshot());
    };
    update();
    return subscribe(update);
  }, [subscribe, getSnapshot]);
  return snapshot;
}

export type Route =
  | { readonly name: "gallery"; readonly projectId: string | null }
  | { readonly name: "photo"; readonly photoId: string };

export function routeOf(hash: string): Route {
  const [, kind, id] = hash.replace(/^#/, "").split("/");
  if (kind === "photos" && id) return { name: "photo", photoId: decodeURIComponent(id) };
  return { name: "gallery", projectId: kind === "projects" && id ? decodeURIComponent(id) : null };
}

export function useRoute(): Route {
  const [hash, show] = useState(location.hash);
  useEffect(() => {
    const update = (): void => {
      show(location.hash);
    };
    addEventListener("hashchange", update);
    return () => {
      removeEventListener("hashchange", update);
    };
  }, []);
  return routeOf(hash);
}
