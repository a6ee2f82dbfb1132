import { readFileSync } from "node:fs";

export interface Block {
  /** As `docs/clients/typescript.md:40`. */
  readonly place: string;
  /** Under which it stands. */
  readonly heading: string;
  readonly language: string;
  readonly code: string;
}

const ROOT = new URL("../../../../", import.meta.url);

/** The fenced blocks of a document of the repository. */
export function blocksOf(path: string): Block[] {
  const text = readFileSync(new URL(path, ROOT), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((found) => ({
    place: `${path}:${String(text.slice(0, found.index).split("\n").length)}`,
    heading: [...text.slice(0, found.index).matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? "",
    language: found[1] ?? "",
    code: found[2] ?? "",
  }));
}
