// Says how large the built package is in a page: bundled, minified, compressed. `make client` comes first.
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build, type Rolldown } from "vite";

const BUILD = fileURLToPath(new URL("../build/", import.meta.url));
const ENTRIES: Readonly<Record<string, string>> = {
  "all of it": 'export * from "../dist/index.js";',
  "PhotodockClient alone": 'export { PhotodockClient } from "../dist/index.js";',
  "PhotodockClient and UploadQueue": 'export { PhotodockClient, UploadQueue } from "../dist/index.js";',
  "react-native": 'export * from "../dist/react-native/index.js";',
};

await mkdir(BUILD, { recursive: true });
for (const [name, code] of Object.entries(ENTRIES)) {
  const entry = `${BUILD}size.js`;
  await writeFile(entry, code);
  const input = { input: entry, preserveEntrySignatures: "strict" as const };
  const options = { configFile: false as const, logLevel: "error" as const };
  const built = await build({ ...options, build: { write: false, target: "es2022", rolldownOptions: input } });
  const text = (built as Rolldown.RolldownOutput).output
    .map((part) => (part.type === "chunk" ? part.code : ""))
    .join("");
  console.log(`${name}: ${String(text.length)} bytes, ${String(gzipSync(text, { level: 9 }).length)} gzipped`);
}
