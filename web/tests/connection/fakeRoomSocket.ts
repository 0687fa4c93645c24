import type { RoomSocket } from "@/connection/roomClient";

interface Sent {
  name: string;
  payload: Record<string, unknown>;
  answer: (value: unknown) => void;
  fail: () => void;
}

/** A Socket.IO socket whose other end is the test. */
export class FakeRoomSocket implements RoomSocket {
  connected = false;
  disconnected = false;
  sent: Sent[] = [];
  #listeners = new Map<string, (...args: never[]) => void>();
  #any: (name: string, ...args: unknown[]) => void = () => {};

  constructor(readonly auth: Record<string, unknown>) {}

  on(name: string, listener: (...args: never[]) => void): void {
    this.#listeners.set(name, listener);
  }

  onAny(listener: (name: string, ...args: unknown[]) => void): void {
    this.#any = listener;
  }

  emit(name: string, ...args: unknown[]): void {
    this.sent.push({ name, payload: args[0] as Record<string, unknown>, answer: () => {}, fail: () => {} });
  }

  timeout(): { emitWithAck: (name: string, ...args: unknown[]) => Promise<unknown> } {
    return {
      emitWithAck: (name, ...args) =>
        new Promise((answer, failed) => {
          this.sent.push({ name, payload: args[0] as Record<string, unknown>, answer, fail: () => failed(new Error("time")) });
        }),
    };
  }

  connect(): void {}

  disconnect(): void {
    this.disconnected = true;
  }

  happen(name: "connect" | "connect_error" | "disconnect", ...args: unknown[]): void {
    this.#listeners.get(name)?.(...(args as never[]));
  }

  tell(name: string, data: object = {}): void {
    this.#any(name, data);
  }

  of(name: string): Sent[] {
    return this.sent.filter((sent) => sent.name === name);
  }

  last(name: string): Sent {
    const sent = this.of(name).at(-1);
    if (sent === undefined) throw new Error(`no ${name} was sent`);
    return sent;
  }

  /** Opens the connection and lets the client into the room. */
  async join(answer: object = {}): Promise<void> {
    this.connected = true;
    this.happen("connect");
    this.last("join_interview").answer({ status: "success", recovered: true, last_seq: 0, epoch: "e1", ...answer });
    await settled();
  }
}

/** What was awaited has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
}
