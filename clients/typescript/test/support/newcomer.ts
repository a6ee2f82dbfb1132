import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { blocksOf } from "./documents.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENT = "docs/clients/typescript.md";
const run = promisify(execFile);

/** An empty folder in which somebody types what the page says: with nothing of this repository's, and no network. */
export class Newcomer {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async install(): Promise<Newcomer> {
    const newcomer = new Newcomer(await mkdtemp(join(tmpdir(), "photodock-newcomer-")));
    const lines = blocksOf(DOCUMENT)
      .filter(({ language }) => language === "bash")
      .flatMap(({ code }) => code.trim().split("\n"));
    for (const line of lines.filter((each) => each.startsWith("npm "))) {
      await newcomer.type(line.replace("./clients/typescript", PACKAGE));
    }
    return newcomer;
  }

  /** What it prints. */
  async type(line: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const [program = "", ...words] = line.split(" ");
    const { PATH = "" } = process.env;
    const env = { PATH, HOME: this.folder, npm_config_offline: "true", ...environment };
    return (await run(program, words, { cwd: this.folder, env })).stdout;
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.folder, path), "utf8");
  }

  async leave(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** A block of the page, with the example's address and project replaced. */
export function shown(language: string, heading: string, to: { baseUrl: string; projectId: string }): string {
  const blocks = blocksOf(DOCUMENT).filter((block) => block.language === language && block.heading === heading);
  return (blocks[0]?.code ?? "")
    .replace("https://photos.example.com", to.baseUrl)
    .replace(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/, `"${to.projectId}"`);
}
