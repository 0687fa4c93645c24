import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommandRefused, GradingClient, type GradingClientOptions, type GradingPosition } from "@/connection/gradingClient";
import { AddressRefused, type ConnectionState } from "@/connection/socketClient";
import type { GradingMessage } from "@/protocol/grading";
import { FakeSocket } from "./fakeSocket";

class Bench {
  sockets: FakeSocket[] = [];
  states: ConnectionState[] = [];
  messages: GradingMessage[] = [];
  positions: (GradingPosition | null)[] = [];
  online = true;
  client: GradingClient;
  #ids = 0;

  constructor(options: Partial<GradingClientOptions> = {}) {
    this.client = new GradingClient({
      address: (position) => {
        this.positions.push(position);
        return Promise.resolve("ws://host");
      },
      freshToken: () => Promise.resolve("fresh"),
      openSocket: (address) => {
        const socket = new FakeSocket(address);
        this.sockets.push(socket);
        return socket;
      },
      onState: (state) => this.states.push(state),
      onMessage: (message) => this.messages.push(message),
      newId: () => `c${++this.#ids}`,
      online: () => this.online,
      random: () => 1,
      ...options,
    });
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  async opened(): Promise<FakeSocket> {
    await vi.advanceTimersByTimeAsync(0);
    this.socket.readyState = 1;
    this.socket.onopen?.(undefined as never);
    return this.socket;
  }

  async connected(): Promise<FakeSocket> {
    this.client.connect();
    return this.opened();
  }
}

const tell = (socket: FakeSocket, type: string, data: unknown, message_id = "") =>
  socket.onmessage?.({ data: JSON.stringify({ type, data, message_id }) });

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("SPEC 4: a socket to a grading door", () => {
  it("greets with what the door is asked first", async () => {
    const bench = new Bench({ greeting: { type: "get_progress" } });
    const socket = await bench.connected();
    expect(socket.of("get_progress")).toHaveLength(1);
    expect(bench.client.state.name).toBe("connected");
  });

  it("tries five times with growing waits, then leaves it to the button", async () => {
    const bench = new Bench({ open_within_ms: 600_000 });
    await bench.connected();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      bench.socket.drop();
      expect(bench.client.state.name).toBe("reconnecting");
      await vi.advanceTimersByTimeAsync(20_000);
    }
    bench.socket.drop();
    expect(bench.client.state.name).toBe("failed");
    expect(bench.sockets).toHaveLength(6);
    bench.client.connect();
    await bench.opened();
    expect(bench.client.state.name).toBe("connected");
  });

  it("keeps commands while offline and sends them once there is a connection", async () => {
    const bench = new Bench();
    await bench.connected();
    bench.client.onlineChanged(false);
    const answer = bench.client.send("submit_grade", { taskId: "t1", points: 3 });
    expect(bench.client.waiting).toBe(1);
    bench.client.onlineChanged(true);
    const socket = await bench.opened();
    expect(socket.of("submit_grade")).toEqual([{ taskId: "t1", points: 3, client_id: "c1" }]);
    tell(socket, "GRADING_RESULT", { taskId: "t1", client_id: "c1" });
    await expect(answer).resolves.toMatchObject({ type: "GRADING_RESULT" });
    expect(bench.client.waiting).toBe(0);
  });

  it("sends an unanswered command again under the same id", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    void bench.client.send("pause_batch");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(socket.of("pause_batch")).toEqual([{ client_id: "c1" }, { client_id: "c1" }]);
  });

  it("rejects what the server refuses, and tries again what it could not do", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    const pause = bench.client.send("pause_batch");
    tell(socket, "ERROR", { error: "unavailable", message: "later", info: { retry_after: 2 } });
    await vi.advanceTimersByTimeAsync(2_100);
    expect(socket.of("pause_batch")).toHaveLength(2);
    tell(socket, "ERROR", { error: "conflict", message: "the batch is completed", info: { client_id: "c1" } });
    await expect(pause).rejects.toBeInstanceOf(CommandRefused);
  });

  it("hands a repeated message on once and comes back with its position", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    tell(socket, "HEARTBEAT", { server_time: "", last_seq: 4, epoch: "a" });
    tell(socket, "GRADING_STATUS", { examId: "e", seq: 7 }, "m1");
    tell(socket, "GRADING_STATUS", { examId: "e", seq: 7 }, "m1");
    tell(socket, "HEARTBEAT", { server_time: "", last_seq: 9, epoch: "a" });
    expect(bench.messages).toHaveLength(1);
    socket.drop();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(bench.positions).toEqual([null, { last_seq: 7, epoch: "a" }]);
  });

  it("answers heartbeats and gives up a line that went silent", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    tell(socket, "HEARTBEAT", { server_time: "", last_seq: 0, epoch: "" });
    expect(socket.of("heartbeat_response")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(76_000);
    expect(socket.closedByClient).toBe(true);
  });

  it("does not try again where it may not enter", async () => {
    const bench = new Bench({ address: () => Promise.reject(new AddressRefused(4403, "no")) });
    bench.client.connect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(bench.client.state).toEqual({ name: "refused", code: 4403, message: "no" });
    expect(bench.sockets).toHaveLength(0);
  });
});
