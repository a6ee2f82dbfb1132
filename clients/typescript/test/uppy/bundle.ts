import { fileURLToPath } from "node:url";

import { build, type Rolldown } from "vite";

const PACKAGE = new URL("../../", import.meta.url);

export interface Bundle {
  /** A plain script; the module's exports are `globalThis.kit`. */
  readonly script: string;
  readonly style: string;
}

/** A module and all that it imports, the client as it is built. `code` stands in place of the file. */
export async function bundle(file: string, code?: string): Promise<Bundle> {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const given = { name: "given", load: (id: string) => (id === entry ? code : undefined) };
  const built = (path: string): string => fileURLToPath(new URL(`dist/${path}`, PACKAGE));
  const outputs = await build({
    configFile: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: code === undefined ? [] : [{ ...given, resolveId: (id: string) => (id === entry ? id : undefined) }],
    resolve: {
      alias: { "@photodock/client/uppy": built("uppy/index.js"), "@photodock/client": built("index.js") },
    },
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "kit", cssFileName: "kit" } },
  });
  const files = (outputs as Rolldown.RolldownOutput[]).flatMap(({ output }) => output);
  const script = files.flatMap((output) => (output.type === "chunk" ? [output.code] : [])).join("\n");
  const style = files.flatMap((output) => (output.type === "asset" ? [String(output.source)] : [])).join("\n");
  return { script, style };
}
