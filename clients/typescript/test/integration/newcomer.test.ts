import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";

import { installation } from "../support/installation.js";
import { Newcomer, shown } from "../support/newcomer.js";
import { png } from "../support/photos.js";

let newcomer: Newcomer;
beforeAll(async () => {
  newcomer = await Newcomer.install();
});
afterAll(async () => {
  await newcomer.leave();
});

test("in an empty folder, by the lines of the page, Node uploads a photo", async () => {
  const found = installation();
  const program = shown("ts", "Node", found).replaceAll("roof.jpg", "roof.png");
  await writeFile(join(newcomer.folder, "upload.mjs"), program);
  await writeFile(join(newcomer.folder, "roof.png"), png());
  const printed = await newcomer.type("node upload.mjs", { PHOTODOCK_TOKEN: found.token });
  expect(printed).toMatch(/^completed /);
});

test("what is installed is one package, and stands in package.json", async () => {
  const { dependencies } = JSON.parse(await newcomer.read("package.json")) as { dependencies: Record<string, string> };
  expect(dependencies).toEqual({ "@photodock/client": "file:photodock-client-0.1.0.tgz" });
  const lock = JSON.parse(await newcomer.read("package-lock.json")) as { packages: object };
  expect(Object.keys(lock.packages)).toEqual(["", "node_modules/@photodock/client"]);
});

test("its types are found, and tell what a photo is", async () => {
  const file = join(newcomer.folder, "consumer.mts");
  await writeFile(
    file,
    `import { PhotodockClient, UploadQueue, type Photo } from "@photodock/client";
     import { measuredMetadata } from "@photodock/client/react-native";
     const client = new PhotodockClient({ baseUrl: "", token: () => "" });
     export const queue = new UploadQueue(client, {});
     export const name: Promise<string> = client.photo("a").then((photo: Photo) => photo.file_name);
     export const wrong: Promise<number> = client.photo("a").then((photo) => photo.file_name);
     export { measuredMetadata };`,
  );
  const [module, moduleResolution] = [ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext];
  const options = { module, moduleResolution, strict: true, types: [], noEmit: true, skipDefaultLibCheck: true };
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([file], { ...options, target: ts.ScriptTarget.ES2022 }));
  const lines = problems.map(({ file, start }) => file && file.getLineAndCharacterOfPosition(start ?? 0).line + 1);
  expect(lines).toEqual([6]);
});
