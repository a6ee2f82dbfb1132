import { expect, test } from "vitest";

import { PhotodockClient } from "../../src/index.js";
import { installation } from "../support/installation.js";
import { png } from "../support/photos.js";

const { baseUrl, projectId, token } = installation();
const client = new PhotodockClient({ baseUrl, token: () => token });

test("an upload ends with the photo completed", async () => {
  const bytes = png();
  const photo = await client.upload(bytes, { projectId, fileName: "roof.png" });
  expect(photo).toMatchObject({ status: "completed", file_size: bytes.length, mime_type: "image/png" });
});
