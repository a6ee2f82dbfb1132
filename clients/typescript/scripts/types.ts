// Writes src/schema.ts from the service's OpenAPI document; with --check says whether it is fresh.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const DOCUMENT = new URL("../../../docs/openapi.json", import.meta.url);
const SCHEMA = new URL("../src/schema.ts", import.meta.url);
const HEAD = "// Written by `npm run types` from docs/openapi.json. Change neither by hand.\n\n";
const UNKNOWN = ts.factory.createKeywordTypeNode(ts.SyntaxKind.UnknownKeyword);

const nodes = await openapiTS(DOCUMENT, {
  alphabetize: true,
  defaultNonNullable: false,
  immutable: true,
  // Any JSON value: it refers to itself, which a type alias of a property may not.
  transform: (_, { path }) => (path?.endsWith("/schemas/StorableValue") ? UNKNOWN : undefined),
});
const fresh = HEAD + astToString(nodes);
if (process.argv.includes("--check")) {
  if ((await readFile(SCHEMA, "utf8")) !== fresh) {
    console.error("src/schema.ts is not what docs/openapi.json says: run `make client-types`.");
    process.exitCode = 1;
  }
} else {
  await writeFile(SCHEMA, fresh);
}
