import { expect, test } from "vitest";

import { PhotodockClient, type PhotoEvent } from "../../src/index.js";
import { installation } from "../support/installation.js";
import { png } from "../support/photos.js";

const { baseUrl, projectId, token } = installation();

/** The types of the photo's events, until one is `last`. */
async function typesOf(
  events: AsyncIterable<PhotoEvent>,
  photoId: () => string | null,
  last: string,
): Promise<string[]> {
  const types: string[] = [];
  for await (const event of events) {
    if (event.type !== "reset" && event.photo_id === photoId()) types.push(event.type);
    if (types.at(-1) === last) break;
  }
  return types;
}

test("a photo's changes arrive as they happen, over a connection that is cut after each", async () => {
  const cutting: typeof fetch = async (url, init) => {
    const response = await fetch(url, init);
    if (!response.body || !response.headers.get("Content-Type")?.includes("event-stream")) return response;
    const decoder = new TextDecoder();
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        controller.enqueue(piece);
        if (decoder.decode(piece).includes("event: photo")) controller.terminate();
      },
    });
    return new Response(response.body.pipeThrough(cut), response);
  };
  const client = new PhotodockClient({ baseUrl, token: () => token, fetch: cutting });
  let photoId: string | null = null;
  const events = client.events(projectId);
  expect((await events.next()).value).toEqual({ type: "reset" });
  const arriving = typesOf(events, () => photoId, "photo.deleted");
  const onProgress = (progress: { photoId: string | null }): void => {
    photoId = progress.photoId;
  };
  const { id } = await client.upload(png(), { projectId, fileName: "roof.png", onProgress });
  await client.deletePhoto(id);
  // Renditions are told of whenever they are ready.
  const steps = (await arriving).filter((type) => type !== "photo.renditions");
  expect(steps).toEqual(["photo.uploaded", "photo.processing", "photo.completed", "photo.deleted"]);
});

test("a project of others is refused", async () => {
  const events = new PhotodockClient({ baseUrl, token: () => token }).events(crypto.randomUUID());
  await expect(events.next()).rejects.toMatchObject({ code: "project_access_denied", status: 403 });
});
