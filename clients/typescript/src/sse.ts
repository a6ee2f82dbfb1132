/** One server-sent event, with the id that stood last before its end. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * Server-sent events out of text that comes in pieces, cut anywhere, also between CR and LF. By the HTML standard
 * ("Interpreting an event stream"), except that an event with a name and no data counts too.
 */
export class SseParser {
  /** To resume from. Moves with an event's end, so that one that was cut off comes again. */
  lastEventId: string | undefined;
  /** What the server asks to wait before connecting again. */
  retryMilliseconds: number | undefined;
  private rest = "";
  private afterCr = false;
  private started = false;
  private id: string | undefined;
  private event = "";
  private data: string[] = [];

  /** The events that end in this piece. */
  push(piece: string): ServerSentEvent[] {
    let text = piece;
    if (!this.started && text !== "") {
      this.started = true;
      text = text.replace(/^\uFEFF/, "");
    }
    if (this.afterCr && text !== "") text = text.replace(/^\n/, "");
    if (piece !== "") this.afterCr = piece.endsWith("\r");
    const lines = (this.rest + text).split(/\r\n|\r|\n/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): ServerSentEvent[] {
    if (line === "") return this.end();
    const colon = line.indexOf(":");
    if (colon === 0) return [];
    const name = colon < 0 ? line : line.slice(0, colon);
    this.field(name, colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, ""));
    return [];
  }

  private field(name: string, value: string): void {
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retryMilliseconds = Number(value);
  }

  private end(): ServerSentEvent[] {
    const { event, data } = this;
    this.event = "";
    this.data = [];
    // An empty id stands for none.
    if (this.id !== undefined) this.lastEventId = this.id === "" ? undefined : this.id;
    return event === "" && data.length === 0 ? [] : [{ event: event || "message", data: data.join("\n") }];
  }
}
