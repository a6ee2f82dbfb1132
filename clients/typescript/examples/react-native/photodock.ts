import { PhotodockClient } from "@photodock/client";
import { ExpoBackgroundTransport } from "@photodock/client/react-native";
import * as FileSystem from "expo-file-system/legacy";

export const PROJECT_ID = "0198c2b4-7b1e-7c34-9a5f-0d6f1b2c3d4e";

/** Asks your own backend for an access token, and keeps it until the service refuses it. */
let token: string | undefined;
async function accessToken({ refresh }: { refresh: boolean }): Promise<string> {
  if (!token || refresh) {
    const response = await fetch("https://app.example.com/photodock-token", { method: "POST" });
    if (!response.ok) throw new Error(`Signing in answered ${response.status.toString()}.`);
    token = await response.text();
  }
  return token;
}

export const client = new PhotodockClient({
  baseUrl: "https://photos.example.com",
  token: accessToken,
  transport: new ExpoBackgroundTransport(FileSystem),
});
