import { fileURLToPath } from "node:url";

import { build, type Rolldown } from "vite";

const PACKAGE = new URL("../../", import.meta.url);

/** One script of the module at `entry` (below test/browser) and all that it imports, with its exports as `globalThis.kit`. */
export async function bundle(entry: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const outputs = await build({
    configFile: false,
    logLevel: "error",
    plugins: [{ name: "files", resolveId: (id) => (id in files ? id : null), load: (id) => files[id] ?? null }],
    resolve: {
      alias: {
        "@photodock/client/uppy": fileURLToPath(new URL("dist/uppy/index.js", PACKAGE)),
        "@photodock/client": fileURLToPath(new URL("dist/index.js", PACKAGE)),
      },
    },
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "kit" } },
  });
  const [output] = [outputs].flat() as Rolldown.RolldownOutput[];
  const [chunk] = output?.output ?? [];
  if (!chunk) throw new Error(`Nothing came of ${entry}.`);
  return chunk.code;
}
