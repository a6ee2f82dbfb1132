import type { PhotoStatus } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";

import { STATUSES } from "./words.js";

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
  | { readonly name: "gallery"; readonly projectId: string | null; readonly status: PhotoStatus | null }
  | { readonly name: "photo"; readonly photoId: string };

export function routeOf(hash: string): Route {
  const [, kind, id, filter] = hash.replace(/^#/, "").split("/").map(decoded);
  if (kind === "photos" && id) return { name: "photo", photoId: id };
  const status = STATUSES.find((one) => one === filter) ?? null;
  return { name: "gallery", projectId: kind === "projects" && id ? id : null, status };
}

export function hashOf(projectId: string | null, status: PhotoStatus | null = null): string {
  if (projectId === null) return "#/";
  return `#/projects/${encodeURIComponent(projectId)}${status === null ? "" : `/${status}`}`;
}

export function useRoute(): Route {
  const [hash, show] = useState(location.hash);
  useWindowEvent("hashchange", () => {
    show(location.hash);
  });
  return routeOf(hash);
}

export function useOnline(): boolean {
  const [online, show] = useState(navigator.onLine);
  const update = (): void => {
    show(navigator.onLine);
  };
  useWindowEvent("online", update);
  useWindowEvent("offline", update);
  return online;
}

export function useWindowEvent<K extends keyof WindowEventMap>(
  type: K,
  listener: (event: WindowEventMap[K]) => void,
): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const hear = (event: WindowEventMap[K]): void => {
      latest.current(event);
    };
    addEventListener(type, hear);
    return () => {
      removeEventListener(type, hear);
    };
  }, [type]);
}

/** What the tab, the browser's history and a screen reader call the page. Of what is hidden (null) nothing is said. */
export function useTitle(words: string | null): void {
  useEffect(() => {
    if (words !== null) document.title = words === "" ? "photodock" : `${words} – photodock`;
  }, [words]);
}

/** While this says null, what it said last. */
export function useLast<T>(value: T | null): T | null {
  const kept = useRef(value);
  if (value !== null) kept.current = value;
  return kept.current;
}

/** What somebody typed into the address bar need not be well formed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
