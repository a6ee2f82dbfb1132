import { XhrTransport } from "../../src/index.js";
import { bytesOf, exercise, transportContract, type Driver } from "../contract/transport.js";
import { startedChromium } from "./harness.js";

const chromium = await startedChromium();

declare global {
  var contract: { bytesOf: typeof bytesOf; exercise: typeof exercise };
}

transportContract("XMLHttpRequest in Chromium", async (): Promise<Driver> => {
  const page = await chromium.page();
  const functions = `${exercise.toString()}; ${bytesOf.toString()}; globalThis.contract = { bytesOf, exercise };`;
  await page.addScriptTag({ content: functions });
  return {
    bodies: ["Blob", "typed Blob", "Uint8Array"],
    send: (sending) =>
      page.evaluate((sending) => {
        const bytes = contract.bytesOf(sending.size);
        const options = sending.body === "typed Blob" ? { type: "image/png" } : {};
        const body = sending.body === "Uint8Array" ? bytes : new Blob([bytes], options);
        return contract.exercise(new photodock.XhrTransport() satisfies XhrTransport, body, sending);
      }, sending),
  };
});
