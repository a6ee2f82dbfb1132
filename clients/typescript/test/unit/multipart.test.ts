import { expect, test } from "vitest";

import { quickClient } from "../support/client.js";
import { scripted } from "../support/server.js";

test("an upload in parts is begun, asked for, completed and aborted as the API says", async () => {
  const server = await scripted({
    "POST /photos/f1/multipart": [[200, { part_size: 5, part_count: 2 }]],
    "GET /photos/f1/multipart/parts?numbers=1%2C2&checksums_sha256=YQ%3D%3D%2CYg%3D%3D": [[200, { items: [1, 2] }]],
    "GET /photos/f1/multipart/parts": [[200, { items: [] }]],
    "POST /photos/f1/multipart/complete": [[200, { id: "f1" }]],
    "DELETE /photos/f1/multipart": [[204]],
  });
  const { multipart } = quickClient(server.url);
  expect(await multipart.start("f1", { partChecksums: true })).toEqual({ part_size: 5, part_count: 2 });
  expect(await multipart.parts("f1", { numbers: [1, 2], checksums: ["YQ==", "Yg=="] })).toEqual({ items: [1, 2] });
  expect(await multipart.parts("f1")).toEqual({ items: [] });
  expect(await multipart.complete("f1", [{ part_number: 1, etag: "a" }])).toEqual({ id: "f1" });
  await multipart.complete("f1");
  await multipart.abort("f1");
  expect(server.received.map(({ body }) => body.toString())).toEqual([
    ...['{"part_checksums":true}', "", "", '{"parts":[{"part_number":1,"etag":"a"}]}', "{}", ""],
  ]);
});

test("the project is asked which photos it has", async () => {
  const found = { checksum_sha256: "YQ==", photo_id: "f1", status: "completed" };
  const server = await scripted({ "POST /photos/exists": [[200, { items: [found] }]] });
  expect(await quickClient(server.url).exists("p1", ["YQ==", "Yg=="])).toEqual([found]);
  expect(JSON.parse(server.received[0]?.body.toString() ?? "")).toEqual({
    project_id: "p1",
    checksums: ["YQ==", "Yg=="],
  });
});
