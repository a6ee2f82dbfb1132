import { NetworkError, PhotodockError } from "../../../src/errors.js";
import type { QueueApi } from "../../../src/queue/api.js";
import type { Transport, TransportRequest, TransportResponse } from "../../../src/transport.js";
import { pause, problem, type World } from "./world.js";

/** The service's calls, of a world. */
export function worldApi(world: World): QueueApi {
  const each = <T>(work: () => T): T | PhotodockError => {
    try {
      return work();
    } catch (error) {
      if (error instanceof PhotodockError) return error;
      throw error;
    }
  };
  return {
    requestUploads: (items) => world.request("request", () => items.map((item) => each(() => world.issue(item)))),
    refreshUpload: (id) =>
      world.request("refresh", () => {
        const photo = world.find(id);
        if (photo.error?.code === "upload_expired") Object.assign(photo, { status: "pending_upload", error: null });
        if (photo.status !== "pending_upload") throw problem(409, "invalid_status_transition");
        return world.url(photo);
      }),
    confirmMany: (ids) => world.request("confirm", () => ids.map((id) => each(() => world.confirm(id)))),
    photosByIds: (ids) =>
      world.request("photos", () => {
        const found = ids.map((id) => world.photos.get(id)).filter((photo) => photo !== undefined);
        return found.map((photo) => world.shown(photo));
      }),
    deletePhoto: (id) =>
      world.request("delete", () => {
        if (!world.photos.delete(id)) throw problem(404, "photo_not_found");
      }),
    retryDetection: (id) => world.request("retry", () => world.retryDetection(id)),
    findExisting: (projectId, checksums) =>
      world.request("look", () =>
        world.arrived
          .filter(({ item }) => item.project_id === projectId && checksums.includes(item.checksum_sha256 ?? ""))
          .map(({ id, status, item }) => ({ photo_id: id, status, checksum_sha256: item.checksum_sha256 ?? "" })),
      ),
    beginMultipart: (id) =>
      world.request("multipart", () => {
        const photo = world.find(id);
        if (photo.status !== "pending_upload") throw problem(409, "invalid_status_transition");
        photo.parts ??= new Map();
        return { part_size: world.partSize, part_count: Math.ceil(photo.item.file_size / world.partSize) };
      }),
    multipartParts: (id, numbers) => world.request("parts", () => world.parts(id, numbers)),
    completeMultipart: (id) =>
      world.request("complete", () => {
        const photo = world.find(id);
        const bytes = [...(photo.parts?.values() ?? [])].reduce((sum, size) => sum + size, 0);
        if (!photo.stored && bytes !== photo.item.file_size) throw problem(409, "multipart_incomplete");
        photo.stored = true;
        photo.parts = null;
        return world.confirm(id);
      }),
    abortMultipart: (id) =>
      world.request("abort", () => {
        world.find(id).parts = null;
      }),
  };
}

/** Sends in two halves, so that a cut can come between them. */
export function worldTransport(world: World, reportsProgress = true): Transport {
  return {
    reportsProgress,
    async send({ url, body, signal, onProgress }: TransportRequest): Promise<TransportResponse> {
      world.calls.push("put");
      const fault = world.nextFault();
      const size = body instanceof Blob ? body.size : (body as Uint8Array).byteLength;
      for (const share of [0.5, 1]) {
        await pause(world.latencyMs);
        if (signal?.aborted) throw signal.reason;
        if (!world.online || fault === "lost" || (fault === "cut" && share === 1))
          throw new NetworkError("network_error", "cut");
        world.sentBytes += size / 2;
        onProgress?.(Math.floor(size * share), size);
      }
      const result = world.put(url, size, fault);
      if (fault === "answer") throw new NetworkError("network_error", "answer lost");
      return result;
    },
  };
}
