/** What the tests of Uppy run in the page, in one bundle: real Uppy, and the client. */
import AwsS3 from "@uppy/aws-s3";
import Uppy, { type Body, type Meta } from "@uppy/core";

import { PhotodockClient } from "../../src/index.js";
import { connectUppy } from "../../src/uppy/index.js";

export interface Setting {
  readonly baseUrl: string;
  readonly token: string;
  readonly projectId: string;
  readonly multipartFrom?: number;
  /** How often the client sends a request to the API. */
  readonly attempts?: number;
}

export interface Outcome {
  readonly error: string | null;
  readonly photoId: unknown;
  readonly key: unknown;
  /** Uppy's own words to the user. */
  readonly shown: readonly string[];
}

let uppy: Uppy<Meta, Body> | undefined;

export function start({ baseUrl, token, projectId, multipartFrom, attempts = 5 }: Setting): void {
  const client = new PhotodockClient({ baseUrl, token: () => token, retries: { attempts, baseSeconds: 0.01 } });
  uppy = new Uppy<Meta, Body>();
  connectUppy(uppy, AwsS3, { client, projectId, multipartFrom });
}

export function running(): Uppy<Meta, Body> {
  if (!uppy) throw new Error("Uppy was not started.");
  return uppy;
}

/** The id of a file whose bytes are `head` and then zeros. */
export function add(head: readonly number[], size = head.length, name = "roof.png", type = "image/png"): string {
  const bytes = new Uint8Array(size);
  bytes.set(head);
  return running().addFile({ name, type, data: new File([bytes], name, { type }) });
}

export function outcomeOf(fileId: string): Outcome {
  const file = running().getFile(fileId);
  return {
    error: file.error ?? null,
    photoId: file.meta["photoId"],
    key: file.response?.body?.["key"],
    shown: running()
      .getState()
      .info.map(({ message, details }) => `${message} ${typeof details === "string" ? details : ""}`),
  };
}

/** Calls `act` as soon as part `number` has begun to move. */
export function during(number: number, partSize: number, act: () => void): void {
  const listener = (_: unknown, { bytesUploaded }: { bytesUploaded: number }): void => {
    if (bytesUploaded <= (number - 1) * partSize) return;
    running().off("upload-progress", listener);
    act();
  };
  running().on("upload-progress", listener);
}
