import type { Photo } from "@photodock/client";
import { useRef } from "preact/hooks";

import { isNewer } from "./library.js";

interface Held {
  readonly shown: readonly Photo[];
  /** How many are newer. */
  readonly held: number;
}

/** Whoever has scrolled into the gallery sees nothing move: what arrives is held back until they are at its top again. */
export function useHeld(photos: readonly Photo[], scrolled: boolean): Held {
  const first = useRef<Photo | undefined>(undefined);
  if (!scrolled || photos.length === 0) first.current = undefined;
  const newest = (first.current ??= photos[0]);
  const held = newest ? photos.findIndex((photo) => !isNewer(photo, newest)) : 0;
  return held > 0 ? { shown: photos.slice(held), held } : { shown: photos, held: 0 };
}
