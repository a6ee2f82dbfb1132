import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** A store whose connections break in the middle: after `upTo` bytes. */
export class BreakingLine {
  bytes = 0;
  private readonly server;

  private constructor(upTo: number) {
    this.server = createServer((socket) => {
      let received = 0;
      // The other side writes on for a moment.
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        this.bytes += chunk.length;
        received += chunk.length;
        if (received > upTo) socket.destroy();
      });
    });
  }

  static async open(upTo: number): Promise<BreakingLine> {
    const line = new BreakingLine(upTo);
    line.server.listen(0, "127.0.0.1");
    await once(line.server, "listening");
    return line;
  }

  inPlaceOf(url: string): string {
    const { port } = this.server.address() as AddressInfo;
    return Object.assign(new URL(url), { port: String(port) }).href;
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, "close");
  }
}
