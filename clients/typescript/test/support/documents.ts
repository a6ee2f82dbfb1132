import { readFileSync } from "node:fs";

export interface Block {
  /** As `docs/clients/typescript.md:40`. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

const ROOT = new URL("../../../../", import.meta.url);

/** The fenced blocks of a document of the repository. */
export function blocksOf(path: string): Block[] {
  const text = readFileSync(new URL(path, ROOT), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((found) => ({
    place: `${path}:${String(text.slice(0, found.index).split("\n").length)}`,
    language: found[1] ?? "",
    code: found[2] ?? "",
  }));
}
