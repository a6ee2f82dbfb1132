import { PhotodockClient, type ClientOptions } from "../../src/index.js";

/** A client that pauses for milliseconds. */
export function quickClient(baseUrl: string, options: Partial<ClientOptions> = {}): PhotodockClient {
  const retries = { baseSeconds: 0.001, capSeconds: 0.002, ...options.retries };
  return new PhotodockClient({ baseUrl, token: () => "a-token", ...options, retries });
}
