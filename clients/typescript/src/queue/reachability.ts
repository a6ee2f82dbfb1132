import { allows, type NetworkMonitor, type NetworkPolicy, type NetworkState } from "./network.js";

/** While the platform says "offline", one try this often: it errs, and some never tell of being online again. */
const PROBE_MS = 60_000;

/** Whether it is worth trying: what the platform tells, put to the test now and then. */
export class Reachability {
  private readonly monitor: NetworkMonitor;
  private state: NetworkState;
  private probing = false;
  private probe: ReturnType<typeof setTimeout> | undefined;
  private unsubscribe: (() => void) | undefined;
  private tell: () => void = () => undefined;
  /** The last change was from offline to online. */
  cameBack = false;
  lostAt = 0;

  constructor(monitor: NetworkMonitor) {
    this.monitor = monitor;
    this.state = monitor.current();
  }

  get online(): boolean {
    return this.state.online || this.probing;
  }

  allows(policy: NetworkPolicy): boolean {
    return allows(policy, this.state);
  }

  start(changed: () => void): void {
    this.tell = changed;
    this.unsubscribe = this.monitor.subscribe((state) => {
      this.become(state);
      changed();
    });
    this.become(this.monitor.current());
  }

  stop(): void {
    this.unsubscribe?.();
    clearTimeout(this.probe);
    this.probing = false;
  }

  /** Something got through: whatever the platform says, there is a network. */
  succeeded(): void {
    if (!this.state.online) this.probing = true;
  }

  /** Nothing got through. */
  failed(): void {
    this.probing = false;
    this.probeLater();
  }

  private become(state: NetworkState): void {
    const before = this.state;
    this.state = state;
    this.cameBack = state.online && !before.online;
    if (before.online && !state.online) this.lostAt = Date.now();
    this.probing = false;
    this.probeLater();
  }

  private probeLater(): void {
    clearTimeout(this.probe);
    if (this.state.online) return;
    this.probe = setTimeout(() => {
      this.probing = true;
      this.tell();
    }, PROBE_MS);
  }
}
