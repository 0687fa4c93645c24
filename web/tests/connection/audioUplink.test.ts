import { beforeEach, describe, expect, it, vi } from "vitest";
import { AudioUplink } from "@/connection/audioUplink";
import type { ErrorData, ServerMessage } from "@/protocol/messages";

type Data = Record<string, unknown>;

/** The other end: it takes one stream at a time and keeps what came, byte for byte. */
class Server {
  up = false;
  stored = new Map<string, number[]>();
  complete = new Set<string>();
  started: Data[] = [];
  #open: string | null = null;
  uplink: AudioUplink;
  waiting = false;
  refused: ErrorData[] = [];

  constructor() {
    this.uplink = new AudioUplink({
      wire: this,
      onChange: (waiting) => (this.waiting = waiting),
      onRefused: (error) => this.refused.push(error),
      retry_ms: 5,
    });
  }

  connect(): void {
    this.up = true;
    this.uplink.connected();
  }

  cut(): void {
    this.up = false;
    this.#open = null;
    this.uplink.disconnected();
  }

  sendNow = (type: string, data: Data): boolean => {
    if (!this.up) return false;
    if (type === "audio_start") this.started.push(data);
    if (type === "audio_end" && this.#open !== null) {
      this.complete.add(this.#open);
      this.acknowledge(true);
      this.#open = null;
    }
    return true;
  };

  sendBytes = (bytes: Uint8Array): boolean => {
    if (!this.up) return false;
    this.stored.get(this.#open ?? "")?.push(...bytes);
    return true;
  };

  /** Lets in the stream that was asked for last. */
  open(): string {
    const clientId = String(this.started.at(-1)?.["client_id"]);
    const recording = `r-${clientId}`;
    if (!this.stored.has(recording)) this.stored.set(recording, []);
    this.#open = recording;
    this.acknowledge(false);
    this.tell("status", { status: "listening", client_id: clientId, recording_id: recording, seq: 3 });
    return recording;
  }

  acknowledge(last: boolean): void {
    const recording = this.#open ?? "";
    const received_bytes = this.stored.get(recording)?.length ?? 0;
    this.tell("audio_ack", { received_ms: 0, received_bytes, recording_id: recording, last, seq: 4 });
  }

  tell(type: string, data: Data): boolean {
    return this.uplink.receive({ type, data } as unknown as ServerMessage);
  }
}

const bytes = (...values: number[]) => Uint8Array.from(values);
let server: Server;
beforeEach(() => {
  server = new Server();
});

describe("SPEC 0.1: what is recorded arrives, once and in order", () => {
  it("sends nothing before the stream is open, and then all of it", () => {
    server.connect();
    server.uplink.start({ endpointing: true });
    server.uplink.push(bytes(1, 2));
    const recording = server.open();
    server.uplink.push(bytes(3));
    server.uplink.finish();
    expect(server.started[0]).toMatchObject({ audio_format: "pcm", sample_rate: 16_000, endpointing: true });
    expect(server.stored.get(recording)).toEqual([1, 2, 3]);
    expect(server.complete.has(recording)).toBe(true);
    expect(server.waiting).toBe(false);
  });

  it("goes on after a lost connection from the byte that the server has", () => {
    server.connect();
    server.uplink.start({ endpointing: false });
    const recording = server.open();
    server.uplink.push(bytes(1, 2, 3, 4));
    server.acknowledge(false);
    server.cut();
    server.uplink.push(bytes(5));
    server.uplink.finish();
    server.connect();
    server.open();
    expect(server.started[1]).toMatchObject({ client_id: server.started[0]?.["client_id"], recording_id: recording });
    expect(server.stored.get(recording)).toEqual([1, 2, 3, 4, 5]);
    expect(server.complete.has(recording)).toBe(true);
  });

  it("resends what was not acknowledged", () => {
    server.connect();
    server.uplink.start({ endpointing: false });
    const recording = server.open();
    server.uplink.push(bytes(1, 2));
    server.acknowledge(false);
    server.uplink.push(bytes(3, 4));
    server.cut();
    server.stored.set(recording, [1, 2, 3]);
    server.connect();
    server.open();
    expect(server.stored.get(recording)).toEqual([1, 2, 3, 4]);
  });

  it("sends what was recorded while there was no connection, each recording in its turn", () => {
    for (const value of [1, 2]) {
      server.uplink.start({ endpointing: false });
      server.uplink.push(bytes(value));
      server.uplink.finish();
    }
    expect(server.waiting).toBe(true);
    server.connect();
    expect(server.started).toHaveLength(1);
    const first = server.open();
    expect(server.started).toHaveLength(2);
    const second = server.open();
    expect([server.stored.get(first), server.stored.get(second)]).toEqual([[1], [2]]);
    expect(server.waiting).toBe(false);
  });

  it("makes the rest a recording of its own when the server has closed the first meanwhile", () => {
    server.connect();
    server.uplink.start({ endpointing: false });
    const recording = server.open();
    server.uplink.push(new Uint8Array(4_000).fill(1));
    server.cut();
    server.uplink.push(new Uint8Array(4_000).fill(2));
    server.uplink.finish();
    server.connect();
    const client_id = server.started[1]?.["client_id"];
    const info = { client_id, recording_id: recording, received_bytes: 4_000 };
    expect(server.tell("error", { error: "conflict", message: "", info })).toBe(true);
    const rest = server.open();
    expect(rest).not.toBe(recording);
    expect(server.stored.get(rest)).toEqual(Array(4_000).fill(2));
    expect(server.waiting).toBe(false);
  });

  it("begins nothing for a key that was only touched", () => {
    server.uplink.start({ endpointing: false });
    server.uplink.finish();
    expect(server.waiting).toBe(false);
    server.connect();
    expect(server.started).toEqual([]);
  });
});

describe("what the server refuses", () => {
  it("is told, and the next recording is sent", () => {
    server.connect();
    server.uplink.start({ endpointing: false });
    server.uplink.push(bytes(1));
    const client_id = server.started[0]?.["client_id"];
    expect(server.tell("error", { error: "unavailable", message: "no voice", info: { client_id } })).toBe(true);
    expect(server.refused.map((error) => error.message)).toEqual(["no voice"]);
    server.uplink.start({ endpointing: false });
    server.uplink.push(bytes(2));
    expect(server.stored.get(server.open())).toEqual([2]);
  });

  it("is tried again where it was a moment's trouble", async () => {
    server.connect();
    server.uplink.start({ endpointing: false });
    const client_id = server.started[0]?.["client_id"];
    server.tell("error", { error: "rate_limited", message: "", info: { client_id } });
    await vi.waitFor(() => expect(server.started).toHaveLength(2));
    expect(server.refused).toEqual([]);
  });

  it("is not speech that gave no words: that is the conversation's business", () => {
    server.connect();
    server.uplink.start({ endpointing: true });
    server.open();
    const client_id = server.started[0]?.["client_id"];
    expect(server.tell("error", { error: "invalid_payload", message: "", info: { client_id, seq: 9 } })).toBe(false);
    expect(server.tell("error", { error: "conflict", message: "", info: {} })).toBe(false);
  });
});
