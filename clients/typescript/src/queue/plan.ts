import { hasEnded, keyOf, type Step, type StoredItem } from "./item.js";

/** One thing to begin now. */
export type Work =
  | { readonly kind: "hash" | "send" | "refresh" | "delete" | "restart"; readonly items: readonly [StoredItem] }
  | { readonly kind: "look" | "request" | "confirm"; readonly items: readonly StoredItem[] };

export interface Conditions {
  readonly now: number;
  /** The whole queue: nothing but what is being cancelled goes on. */
  readonly paused: boolean;
  readonly hashes: boolean;
  readonly looks: boolean;
  /** Whether files may be sent: online, and not against a policy. */
  readonly mayTransfer: boolean;
  /** Whether the API may be called: online, and not told to wait. */
  readonly mayCall: boolean;
  /** Whether URLs may be asked for: their quota is not used up. */
  readonly mayRequest: boolean;
  /** PUTs at once. */
  readonly limit: number;
  /** Items that should have their URL at any time. */
  readonly ahead: number;
  /** Items that something is being done for, and what. */
  readonly busy: ReadonlyMap<string, Work["kind"]>;
  /** Items that failed lately wait until then, in milliseconds. */
  readonly notBefore: ReadonlyMap<string, number>;
}

/** What each of the API's calls takes at once. */
const BATCH = 100;
const LOOKUP = 500;
/** A URL this near its end is replaced before the PUT: its expiry is checked when the PUT begins. */
export const URL_MARGIN = 20_000;

/**
 * What to begin now, at most one call of each kind at a time beside the PUTs. While a call is under way others gather
 * for the next one: so batches form where many are waiting, and nothing waits for a batch to fill.
 */
export function plan(items: readonly StoredItem[], conditions: Conditions): Work[] {
  const free = items.filter((item) => isFree(item, conditions));
  const at = (step: Step): StoredItem[] => free.filter((item) => item.step === step);
  return [
    ...(conditions.mayCall ? calls(items, at, conditions) : []),
    ...(conditions.hashes ? one("hash", toHash(at("waiting"), conditions), conditions) : []),
    ...(conditions.mayTransfer ? puts(at("ready"), conditions) : []),
  ];
}

/** When the plan may change by time alone: the earliest end of a pause. */
export function nextTime(items: readonly StoredItem[], conditions: Conditions): number | null {
  const times = items
    .filter((item) => !hasEnded(item) && (item.step !== "processing" || item.restart))
    .map((item) => conditions.notBefore.get(item.id) ?? 0)
    .filter((time) => time > conditions.now);
  return times.length > 0 ? Math.min(...times) : null;
}

function isFree(item: StoredItem, { now, paused, busy, notBefore }: Conditions): boolean {
  if (paused && item.step !== "cancelling") return false;
  return !item.paused && !busy.has(item.id) && (notBefore.get(item.id) ?? 0) <= now;
}

function calls(items: readonly StoredItem[], at: (step: Step) => StoredItem[], conditions: Conditions): Work[] {
  const leaving = items.filter(({ step }) => step === "cancelling");
  const waiting = at("waiting").filter((item) => !waitsFor(leaving, item));
  return [
    ...many("confirm", [...at("sent"), ...at("sending")], BATCH, conditions),
    ...one("delete", at("cancelling"), conditions),
    ...one(
      "restart",
      at("processing").filter(({ restart }) => restart),
      conditions,
    ),
    ...many("look", toLook(waiting, conditions), LOOKUP, conditions),
    ...(conditions.mayRequest ? requests(items, waiting, at("ready"), conditions) : []),
  ];
}

/** A photo that is being deleted must be gone before the same file, or its key, is asked for again. */
function waitsFor(leaving: readonly StoredItem[], item: StoredItem): boolean {
  const { checksum } = item;
  return leaving.some((gone) => keyOf(gone) === keyOf(item) || (checksum != null && gone.checksum === checksum));
}

function requests(
  items: readonly StoredItem[],
  waiting: readonly StoredItem[],
  free: readonly StoredItem[],
  conditions: Conditions,
): Work[] {
  const ready = items.filter(
    (item) => item.step === "ready" && !item.paused && conditions.busy.get(item.id) !== "send",
  );
  const wanted = Math.max(0, conditions.ahead - ready.length);
  const declared = waiting.filter((item) => isDeclared(item, conditions));
  const expired = free.filter((item) => needsUrl(item, conditions.now));
  return [...one("refresh", expired, conditions), ...many("request", declared.slice(0, wanted), BATCH, conditions)];
}

function puts(ready: readonly StoredItem[], conditions: Conditions): Work[] {
  const running = [...conditions.busy.values()].filter((kind) => kind === "send").length;
  return ready
    .filter((item) => !needsUrl(item, conditions.now))
    .slice(0, Math.max(0, conditions.limit - running))
    .map((item) => ({ kind: "send", items: [item] }));
}

/** In parts each has a URL of its own. */
function needsUrl(item: StoredItem, now: number): boolean {
  return item.multipart === null && (item.target?.expiresAt ?? 0) - URL_MARGIN <= now;
}

function toHash(waiting: readonly StoredItem[], { ahead }: Conditions): StoredItem[] {
  // No further ahead than needed: reading files takes the battery, and their bytes the memory.
  const hashed = waiting.filter((item) => item.checksum !== undefined).length;
  return hashed > ahead ? [] : waiting.filter((item) => item.checksum === undefined);
}

function toLook(waiting: readonly StoredItem[], { looks }: Conditions): StoredItem[] {
  const open = looks ? waiting.filter((item) => !item.looked && typeof item.checksum === "string") : [];
  return open.filter((item) => item.projectId === open[0]?.projectId);
}

/** Whether all that the request declares is known: its body must be the same each time. */
function isDeclared(item: StoredItem, { hashes, looks }: Conditions): boolean {
  if (hashes && item.checksum === undefined) return false;
  return !looks || item.looked || typeof item.checksum !== "string";
}

function one(
  kind: "hash" | "refresh" | "delete" | "restart",
  candidates: readonly StoredItem[],
  { busy }: Conditions,
): Work[] {
  const [item] = candidates;
  return item && !isRunning(kind, busy) ? [{ kind, items: [item] }] : [];
}

function many(
  kind: "look" | "request" | "confirm",
  candidates: readonly StoredItem[],
  most: number,
  { busy }: Conditions,
): Work[] {
  return candidates.length > 0 && !isRunning(kind, busy) ? [{ kind, items: candidates.slice(0, most) }] : [];
}

function isRunning(kind: Work["kind"], busy: ReadonlyMap<string, Work["kind"]>): boolean {
  return [...busy.values()].includes(kind);
}
