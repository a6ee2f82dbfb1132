import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

test("the built package is imported by its name, and by nothing else than it has", async () => {
  const program = `
    const { PhotodockClient } = await import("@photodock/client");
    const { ExpoBackgroundTransport } = await import("@photodock/client/react-native");
    console.log(typeof PhotodockClient, typeof ExpoBackgroundTransport);
    await import("@photodock/client/dist/http.js").catch((error) => console.log(error.code));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: PACKAGE });
  expect(stdout).toBe("function function\nERR_PACKAGE_PATH_NOT_EXPORTED\n");
});

test("what is published is what was built, and needs nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--silent"], { cwd: PACKAGE });
  const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[];
  const paths = packed?.files.map(({ path }) => path) ?? [];
  expect(paths).toContain("dist/index.d.ts");
  expect(paths.filter((path) => !path.startsWith("dist/")).sort()).toEqual(["LICENSE", "README.md", "package.json"]);
});
