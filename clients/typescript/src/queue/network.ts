/** What is known of the network. What is not known is undefined, and is taken as good. */
export interface NetworkState {
  readonly online: boolean;
  /** Wi-Fi or a cable. */
  readonly wifi?: boolean | undefined;
  /** The user pays by volume, or has asked to save data. */
  readonly metered?: boolean | undefined;
}

export interface NetworkMonitor {
  current(): NetworkState;
  /** Tells of each change until the returned function is called. */
  subscribe(listener: (state: NetworkState) => void): () => void;
}

export interface NetworkPolicy {
  /** Send by Wi-Fi or cable only. */
  readonly wifiOnly?: boolean | undefined;
  /** Send nothing where the user pays by volume. */
  readonly pauseOnMetered?: boolean | undefined;
}

/**
 * Whether files may be sent. Where the platform doesn't tell (Safari and Firefox know neither), they may: a policy that
 * stopped there would stop for ever.
 */
export function allows(policy: NetworkPolicy, { wifi, metered }: NetworkState): boolean {
  if (policy.wifiOnly && wifi === false) return false;
  return !(policy.pauseOnMetered && metered === true);
}

/** Chromium's Network Information API. */
interface NetworkInformation extends EventTarget {
  readonly type?: string | undefined;
  readonly saveData?: boolean | undefined;
}

interface BrowserScope {
  readonly navigator?: {
    readonly onLine?: boolean | undefined;
    readonly connection?: NetworkInformation | undefined;
  };
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** A page or a worker: `online`, `offline`, and `navigator.connection` where there is one. */
export class BrowserNetwork implements NetworkMonitor {
  private readonly scope: BrowserScope;

  constructor(scope: BrowserScope = globalThis) {
    this.scope = scope;
  }

  current(): NetworkState {
    const { onLine, connection } = this.scope.navigator ?? {};
    const type = connection?.type;
    const wifi = type === undefined || type === "unknown" ? undefined : type === "wifi" || type === "ethernet";
    return { online: onLine ?? true, wifi, metered: connection?.saveData === true || type === "cellular" || undefined };
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    const tell = (): void => {
      listener(this.current());
    };
    const connection = this.scope.navigator?.connection;
    this.scope.addEventListener?.("online", tell);
    this.scope.addEventListener?.("offline", tell);
    connection?.addEventListener("change", tell);
    return () => {
      this.scope.removeEventListener?.("online", tell);
      this.scope.removeEventListener?.("offline", tell);
      connection?.removeEventListener("change", tell);
    };
  }
}

/** What is used of `@react-native-community/netinfo`'s state. */
export interface NetInfoState {
  readonly type: string;
  readonly isConnected: boolean | null;
  readonly isInternetReachable?: boolean | null | undefined;
  readonly details?: unknown;
}

/** What is used of `@react-native-community/netinfo`: its default export fits. */
export interface NetInfoLike {
  addEventListener(listener: (state: NetInfoState) => void): () => void;
}

/** React Native, by NetInfo. Online until it tells otherwise, which it does soon after it is subscribed to. */
export class NetInfoNetwork implements NetworkMonitor {
  private readonly netInfo: NetInfoLike;
  private state: NetworkState = { online: true };

  constructor(netInfo: NetInfoLike) {
    this.netInfo = netInfo;
  }

  current(): NetworkState {
    return this.state;
  }

  subscribe(listener: (state: NetworkState) => void): () => void {
    return this.netInfo.addEventListener((state) => {
      this.state = ofNetInfo(state);
      listener(this.state);
    });
  }
}

function ofNetInfo({ type, isConnected, isInternetReachable, details }: NetInfoState): NetworkState {
  const expensive = (details as { isConnectionExpensive?: boolean } | null | undefined)?.isConnectionExpensive;
  const known = type !== "unknown" && type !== "none";
  return {
    // Reachability is found out by asking a host of Google's, which may be blocked: it only ever rules out.
    online: isConnected !== false && !(isConnected === null && isInternetReachable === false),
    wifi: known ? type === "wifi" || type === "ethernet" : undefined,
    metered: expensive ?? (type === "cellular" || undefined),
  };
}
