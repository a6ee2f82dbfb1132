import { fileURLToPath } from "node:url";

import ts from "typescript";
import { expect, test } from "vitest";

import { blocksOf, type Block } from "../support/documents.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
// The page among them is run in Chromium: test/browser/documentation.test.ts.
const DOCUMENTS = ["typescript.md", "upload-queue.md", "uppy.md"].map((name) => `docs/clients/${name}`);
const BLOCKS = ["clients/typescript/README.md", ...DOCUMENTS]
  .flatMap(blocksOf)
  .filter(({ language }) => ["ts", "tsx"].includes(language));
const { options: OPTIONS } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(`${PACKAGE}examples/react-native/tsconfig.json`, (path) => ts.sys.readFile(path)).config,
  ts.sys,
  `${PACKAGE}examples/react-native`,
  { types: ["node"] },
);
const sources = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says of the block, as a module beside the package's own sources. */
function problemsOf({ language, code }: Block): string[] {
  const name = `${PACKAGE}examples/block.${language}`;
  const host = ts.createCompilerHost(OPTIONS);
  const underneath = { ...host };
  host.fileExists = (path) => path === name || underneath.fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    if (path === name) return ts.createSourceFile(path, code, ts.ScriptTarget.ES2022);
    if (!sources.has(path)) sources.set(path, underneath.getSourceFile(path, ...rest));
    return sources.get(path);
  };
  const program = ts.createProgram([name, `${PACKAGE}examples/react-native/expo.d.ts`], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file, start }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `line ${String(line)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

test.each(BLOCKS)("the example at $place is good", (block) => {
  expect(problemsOf(block)).toEqual([]);
});

test("an example that is not good is found", () => {
  const code = 'import { PhotodockClient } from "@photodock/client";\nnew PhotodockClient({ url: "x" });\n';
  expect(problemsOf({ place: "here", heading: "", language: "ts", code }).join()).toContain("line 2: ");
});
