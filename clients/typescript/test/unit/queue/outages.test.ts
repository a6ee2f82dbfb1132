import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { allCompleted, items, pass, photo, steps, TestNetwork, turns, until, worldQueue } from "./setup.js";
import { World } from "./world.js";
import { worldTransport } from "./world-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("no network", () => {
  test("offline nothing is tried, and everything goes on when it is back", async () => {
    const world = new World();
    const network = new TestNetwork();
    network.become({ online: false });
    const queue = worldQueue(world, { network });
    await queue.addAll([photo(), photo()]);
    await pass(30);
    expect(world.calls).toEqual([]);
    expect(queue.getSnapshot().waitingFor).toBe("offline");
    network.become({ online: true });
    await until(allCompleted(queue), 60);
  });

  test("a day without a network loses nothing", async () => {
    const world = new World();
    const queue = worldQueue(world);
    world.online = false;
    await queue.addAll([photo(), photo()]);
    for (let hour = 0; hour < 24; hour += 1) {
      await vi.advanceTimersByTimeAsync(3_600_000);
      await turns();
    }
    expect(steps(queue)).toEqual(["waiting", "waiting"]);
    expect(items(queue)[0]?.lastError?.code).toBe("network_error");
    // Full jitter up to a minute: some two thousand tries a day, not one a second.
    expect(world.calls.length).toBeLessThan(6_000);
    world.online = true;
    await until(allCompleted(queue), 300);
    expect(world.photos.size).toBe(2);
  });

  test("a thousand items without a network don't each try at once", async () => {
    const world = new World();
    world.online = false;
    const queue = worldQueue(world);
    await queue.addAll(Array.from({ length: 1_000 }, () => photo()));
    await pass(30);
    expect(world.calls.length).toBeLessThan(60);
  });

  test("a platform that wrongly says offline is put to the test", async () => {
    const world = new World();
    const network = new TestNetwork();
    network.become({ online: false });
    const queue = worldQueue(world, { network });
    await queue.addAll([photo(), photo()]);
    await until(allCompleted(queue), 120);
    expect(world.arrived).toHaveLength(2);
  });

  test("a PUT that hangs on the network that is gone is begun anew when there is one", async () => {
    const world = new World();
    const transport = worldTransport(world);
    const network = new TestNetwork();
    let hangs = true;
    const queue = worldQueue(world, {
      network,
      transport: {
        reportsProgress: true,
        send: (request) => {
          if (!hangs) return transport.send(request);
          return new Promise((_, reject) => {
            request.signal?.addEventListener("abort", () => {
              reject(request.signal?.reason as Error);
            });
          });
        },
      },
    });
    await queue.add(photo());
    await until(() => steps(queue)[0] === "sending");
    network.become({ online: false });
    await pass(5);
    hangs = false;
    network.become({ online: true });
    await until(allCompleted(queue), 30);
  });

  test("a PUT that never says anything ends, and is tried again", async () => {
    const world = new World();
    const transport = worldTransport(world);
    let hangs = 1;
    for (const reportsProgress of [true, false]) {
      hangs = 1;
      const queue = worldQueue(world, {
        transport: {
          reportsProgress,
          send: (request) => (hangs-- > 0 ? new Promise(() => undefined) : transport.send(request)),
        },
      });
      await queue.add(photo());
      await until(allCompleted(queue), 200);
    }
    expect(world.arrived).toHaveLength(2);
  });

  test("by Wi-Fi alone, or not where it costs: it waits, and what is unknown is allowed", async () => {
    const world = new World();
    const network = new TestNetwork();
    const queue = worldQueue(world, { network, wifiOnly: true });
    network.become({ online: true, wifi: false, metered: true });
    await queue.add(photo());
    await pass(30);
    expect(world.calls).toEqual([]);
    expect(queue.getSnapshot().waitingFor).toBe("policy");
    queue.setPolicy({ wifiOnly: false, pauseOnMetered: true });
    await pass(5);
    expect(world.calls).toEqual([]);
    network.become({ online: true });
    await until(allCompleted(queue), 30);
  });

  test("leaving Wi-Fi ends the PUT that is under way", async () => {
    const world = new World({ latencyMs: 2_000 });
    const network = new TestNetwork();
    const queue = worldQueue(world, { network, wifiOnly: true });
    network.become({ online: true, wifi: true });
    await queue.add(photo());
    await until(() => world.count("put") === 1);
    network.become({ online: true, wifi: false });
    await pass(60);
    expect(world.sentBytes).toBeLessThan(2_000);
    expect(world.arrived).toHaveLength(0);
    network.become({ online: true, wifi: true });
    await until(allCompleted(queue), 60);
  });
});

describe("a session that has ended", () => {
  test("holds everything, says so, and goes on after a sign-in", async () => {
    const world = new World();
    world.signedIn = false;
    const queue = worldQueue(world);
    const told = vi.fn();
    queue.on("session", told);
    await queue.addAll([photo(), photo()]);
    await pass(5);
    expect(queue.getSnapshot().waitingFor).toBe("session");
    expect(told).toHaveBeenCalledTimes(1);
    await pass(300);
    expect(steps(queue)).toEqual(["waiting", "waiting"]);
    world.signedIn = true;
    await queue.resume();
    await until(allCompleted(queue), 30);
  });
});
