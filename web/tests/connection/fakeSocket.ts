import type { Socket } from "@/connection/socketClient";

interface Sent {
  type: string;
  data: Record<string, unknown>;
}

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  readyState = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: Sent[] = [];
  bytes: Uint8Array[] = [];
  closedByClient = false;

  constructor(readonly address: string) {}

  send(data: string | Uint8Array): void {
    if (typeof data !== "string") this.bytes.push(data);
    else this.sent.push(JSON.parse(data) as Sent);
  }

  close(): void {
    this.closedByClient = true;
    this.readyState = 3;
  }

  tell(type: string, data: object = {}): void {
    this.readyState = 1;
    this.onmessage?.({ data: JSON.stringify({ type, data }) });
  }

  /** Greeting, `connect`, and the answer to it. */
  open(data: object = {}): this {
    this.tell("connected", { status: "connected", last_seq: 0, epoch: "e1" });
    this.tell("connected", { status: "connected", recovered: true, last_seq: 0, epoch: "e1", ...data });
    return this;
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message.type === type).map((message) => message.data);
  }
}
