import { expect, test, vi } from "vitest";

import {
  allows,
  BrowserNetwork,
  NetInfoNetwork,
  type NetInfoState,
  type NetworkState,
} from "../../../src/queue/network.js";

test.each<[policy: string, state: Partial<NetworkState>, allowed: boolean]>([
  ["wifiOnly", { wifi: true }, true],
  ["wifiOnly", { wifi: false }, false],
  ["wifiOnly", {}, true],
  ["pauseOnMetered", { metered: true }, false],
  ["pauseOnMetered", { metered: false }, true],
  ["pauseOnMetered", {}, true],
  ["neither", { wifi: false, metered: true }, true],
])("%s with %o: %s", (policy, state, allowed) => {
  expect(allows({ [policy]: true }, { online: true, ...state })).toBe(allowed);
});

class Connection extends EventTarget {
  type: string | undefined = "wifi";
  saveData = false;
}

test("a browser tells of changes, of its connection too, and is quiet afterwards", () => {
  const connection = new Connection();
  const scope = Object.assign(new EventTarget(), { navigator: { onLine: true, connection } });
  const network = new BrowserNetwork(scope);
  const told = vi.fn();
  const stop = network.subscribe(told);
  expect(network.current()).toEqual({ online: true, wifi: true, metered: undefined });
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  expect(told).toHaveBeenLastCalledWith({ online: true, wifi: false, metered: true });
  scope.navigator.onLine = false;
  scope.dispatchEvent(new Event("offline"));
  expect(told).toHaveBeenLastCalledWith({ online: false, wifi: false, metered: true });
  stop();
  scope.dispatchEvent(new Event("online"));
  connection.dispatchEvent(new Event("change"));
  expect(told).toHaveBeenCalledTimes(2);
});

test("a browser that tells nothing is online and unknown; saving data is metered", () => {
  expect(new BrowserNetwork({}).current()).toEqual({ online: true, wifi: undefined, metered: undefined });
  const connection = Object.assign(new Connection(), { type: undefined, saveData: true });
  expect(new BrowserNetwork({ navigator: { connection } }).current()).toMatchObject({ wifi: undefined, metered: true });
});

test.each<[NetInfoState, NetworkState]>([
  [
    { type: "wifi", isConnected: true, isInternetReachable: true, details: { isConnectionExpensive: false } },
    { online: true, wifi: true, metered: false },
  ],
  [
    { type: "wifi", isConnected: true, details: { isConnectionExpensive: true } },
    { online: true, wifi: true, metered: true },
  ],
  [
    { type: "cellular", isConnected: true, details: null },
    { online: true, wifi: false, metered: true },
  ],
  // Whether the internet is reachable it asks a host that may be blocked.
  [
    { type: "wifi", isConnected: true, isInternetReachable: false },
    { online: true, wifi: true, metered: undefined },
  ],
  [
    { type: "none", isConnected: false },
    { online: false, wifi: undefined, metered: undefined },
  ],
  [
    { type: "unknown", isConnected: null },
    { online: true, wifi: undefined, metered: undefined },
  ],
])("NetInfo's %o", (state, expected) => {
  let tell: (state: NetInfoState) => void = () => undefined;
  const network = new NetInfoNetwork({
    addEventListener: (listener) => {
      tell = listener;
      return () => undefined;
    },
  });
  const told = vi.fn();
  network.subscribe(told);
  expect(network.current()).toEqual({ online: true });
  tell(state);
  expect(network.current()).toEqual(expected);
  expect(told).toHaveBeenCalledWith(expected);
});
