import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { waitBefore } from "@/connection/backoff";
import { AddressRefused, type ConnectionState, SocketClient, type SocketClientOptions } from "@/connection/socketClient";
import type { ErrorData, ServerMessage } from "@/protocol/messages";
import type { Outbox, OutboxItem } from "@/protocol/outbox";
import { FakeSocket } from "./fakeSocket";

const item = (client_id: string, text = client_id): OutboxItem => ({ client_id, text, written_at: 0 });

class Bench {
  sockets: FakeSocket[] = [];
  states: ConnectionState[] = [];
  messages: ServerMessage[] = [];
  refused: [OutboxItem, ErrorData][] = [];
  outbox: Outbox = [];
  tickets = 0;
  online = true;
  address: () => Promise<string> = () => Promise.resolve(`ws://host?ticket=${++this.tickets}`);
  client: SocketClient;

  constructor(options: Partial<SocketClientOptions> = {}) {
    this.client = new SocketClient({
      sessionId: "s",
      address: () => this.address(),
      freshToken: () => Promise.resolve("fresh"),
      openSocket: (address) => {
        const socket = new FakeSocket(address);
        this.sockets.push(socket);
        return socket;
      },
      onState: (state) => this.states.push(state),
      onMessage: (message) => this.messages.push(message),
      onOutbox: (outbox) => {
        this.outbox = outbox;
      },
      onRefused: (refused, error) => this.refused.push([refused, error]),
      features: ["status", "deltas"],
      position: { last_seq: 4, epoch: "e1" },
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

  get state(): string {
    return this.client.state.name;
  }

  async connected(data: object = {}): Promise<FakeSocket> {
    this.client.connect();
    await settle();
    return this.socket.open(data);
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("connecting", () => {
  it("answers the greeting with where it is, and is connected when that is answered", async () => {
    const bench = new Bench();
    bench.client.connect();
    await settle();
    expect(bench.state).toBe("connecting");
    bench.socket.tell("connected", { last_seq: 9, epoch: "e1" });
    expect(bench.state).toBe("connecting");
    expect(bench.socket.of("connect")).toEqual([
      expect.objectContaining({ last_seq: 4, epoch: "e1", features: ["status", "deltas"] }),
    ]);
    bench.socket.tell("connected", { recovered: true, last_seq: 9, epoch: "e1" });
    expect(bench.state).toBe("connected");
  });

  it("takes a new ticket for each connect", async () => {
    const bench = new Bench();
    const first = await bench.connected();
    first.drop();
    await pass(1_000);
    expect(bench.sockets.map((socket) => socket.address)).toEqual(["ws://host?ticket=1", "ws://host?ticket=2"]);
  });

  it("gives a handshake up that hangs", async () => {
    const bench = new Bench();
    bench.client.connect();
    await pass(10_000);
    expect(bench.state).toBe("reconnecting");
    expect(bench.socket.closedByClient).toBe(true);
  });

  it("waits for the network when there is none", async () => {
    const bench = new Bench();
    bench.online = false;
    bench.client.connect();
    await settle();
    expect(bench.state).toBe("offline");
    expect(bench.sockets).toHaveLength(0);
    bench.online = true;
    bench.client.onlineChanged(true);
    await settle();
    bench.socket.open();
    expect(bench.state).toBe("connected");
  });

  it("is offline at once when the network goes, without waiting for the socket to notice", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.onlineChanged(false);
    expect(bench.state).toBe("offline");
    expect(socket.closedByClient).toBe(true);
  });
});

describe("coming back", () => {
  it("waits longer each time, with jitter, within bounds", () => {
    const most = [1, 2, 3, 4, 5, 6].map((attempt) => waitBefore(attempt, () => 1));
    const least = [1, 2, 3, 4, 5, 6].map((attempt) => waitBefore(attempt, () => 0));
    expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
    expect(least).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it("SPEC 4: tries five times and then waits for the button", async () => {
    const bench = new Bench();
    (await bench.connected()).drop();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      expect(bench.client.state).toMatchObject({ name: "reconnecting", attempt });
      await pass(waitBefore(attempt, () => 1));
      bench.socket.drop();
    }
    expect(bench.state).toBe("failed");
    await pass(600_000);
    expect(bench.sockets).toHaveLength(6);
    bench.client.connect();
    await settle();
    expect(bench.client.state).toEqual({ name: "connecting", attempt: 0 });
    bench.socket.open();
    expect(bench.state).toBe("connected");
  });

  it("counts a ticket that cannot be had as a try", async () => {
    const bench = new Bench();
    bench.address = () => Promise.reject(new Error("down"));
    bench.client.connect();
    await settle();
    expect(bench.client.state).toMatchObject({ name: "reconnecting", attempt: 1 });
  });

  it("starts counting anew only after the connection has held", async () => {
    const bench = new Bench();
    (await bench.connected()).drop();
    await pass(1_000);
    bench.socket.open();
    bench.socket.drop();
    expect(bench.client.state).toMatchObject({ attempt: 2 });
    await pass(2_000);
    bench.socket.open();
    await pass(5_000);
    bench.socket.drop();
    expect(bench.client.state).toMatchObject({ attempt: 1 });
  });

  it.each([4401, 4403, 4404])("SPEC 0.4: does not come back after %i", async (code) => {
    const bench = new Bench();
    (await bench.connected()).drop(code, "no");
    expect(bench.client.state).toEqual({ name: "refused", code, message: "no" });
    await pass(60_000);
    expect(bench.sockets).toHaveLength(1);
  });

  it.each([4008, 4001])("SPEC 0.4: resumes at once after %i, and then with patience", async (code) => {
    const bench = new Bench();
    (await bench.connected()).drop(code);
    await settle();
    expect(bench.sockets).toHaveLength(2);
    bench.socket.open();
    bench.socket.drop(code);
    await settle();
    expect(bench.state).toBe("reconnecting");
  });

  it("is refused when the ticket is", async () => {
    const bench = new Bench();
    bench.address = () => Promise.reject(new AddressRefused(4403, "revoked"));
    bench.client.connect();
    await settle();
    expect(bench.client.state).toEqual({ name: "refused", code: 4403, message: "revoked" });
  });

  it("drops what an abandoned socket still says", async () => {
    const bench = new Bench();
    const old = await bench.connected();
    const receive = old.onmessage;
    old.drop();
    await pass(1_000);
    receive?.({ data: JSON.stringify({ type: "ai_response", data: { seq: 9 } }) });
    expect(bench.messages.filter((message) => message.type === "ai_response")).toEqual([]);
  });
});

describe("positions", () => {
  it("SPEC 0.2: says the last seq it was told, and not the one of the greeting", async () => {
    const bench = new Bench();
    const socket = await bench.connected({ last_seq: 50 });
    socket.tell("ai_response", { seq: 7, event_id: "x", ai_response: "a" });
    socket.tell("status", { status: "processing", seq: 6 });
    socket.drop();
    await pass(1_000);
    bench.socket.tell("connected", {});
    expect(bench.socket.of("connect")[0]).toMatchObject({ last_seq: 7, epoch: "e1" });
  });

  it("SPEC 0.2: hands each event on once", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    socket.tell("ai_response", { seq: 7, event_id: "x" });
    socket.tell("ai_response", { seq: 7, event_id: "x" });
    socket.tell("session_ended", { seq: 8 });
    expect(bench.messages.filter((message) => message.type === "ai_response")).toHaveLength(1);
  });

  it("starts over from a snapshot and its epoch", async () => {
    const bench = new Bench();
    const socket = await bench.connected({ recovered: false });
    socket.tell("ai_response", { seq: 7, event_id: "x" });
    socket.tell("snapshot", { state: { messages: [] }, last_seq: 3, epoch: "e2" });
    expect(bench.client.position).toEqual({ last_seq: 3, epoch: "e2" });
    socket.tell("ai_response", { seq: 7, event_id: "x" });
    expect(bench.messages.filter((message) => message.type === "ai_response")).toHaveLength(2);
  });

  it("remembers the last messages, and tells subscribers of one type", async () => {
    const bench = new Bench();
    const heard: string[] = [];
    const stop = bench.client.subscribe("progress", (message) => heard.push(message.type));
    const socket = await bench.connected();
    socket.tell("progress", { answered: 1 });
    stop();
    socket.tell("progress", { answered: 2 });
    expect(heard).toEqual(["progress"]);
    expect(bench.client.history.at(-1)).toMatchObject({ type: "progress", data: { answered: 2 } });
    for (let index = 0; index < 300; index += 1) socket.tell("progress", { answered: index });
    expect(bench.client.history).toHaveLength(200);
  });
});

describe("sending", () => {
  it("keeps what is written offline and sends it in order when connected", async () => {
    const bench = new Bench({ outbox: [item("from-storage")] });
    bench.client.sendText(item("new"));
    expect(bench.outbox.map((one) => one.client_id)).toEqual(["from-storage", "new"]);
    const socket = await bench.connected();
    expect(socket.of("text_input").map((data) => data["client_id"])).toEqual(["from-storage", "new"]);
  });

  it("SPEC 0.1: lets go of an input only when the server has it", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    expect(bench.outbox).toHaveLength(1);
    socket.tell("status", { status: "processing", client_id: "a", seq: 5 });
    expect(bench.outbox).toHaveLength(0);
  });

  it("takes the reply for an acknowledgement too", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    socket.tell("ai_response", { client_id: "a", seq: 6, ai_response: "b" });
    expect(bench.outbox).toHaveLength(0);
  });

  it("SPEC 0.3: sends again with the same client_id, on a silence and after a reconnect", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    await pass(8_000);
    expect(socket.of("text_input").map((data) => data["client_id"])).toEqual(["a", "a"]);
    socket.drop();
    await pass(1_000);
    bench.socket.open();
    expect(bench.socket.of("text_input").map((data) => data["client_id"])).toEqual(["a"]);
    bench.socket.tell("status", { status: "processing", client_id: "a", seq: 5 });
    await pass(20_000);
    expect(bench.socket.of("text_input")).toHaveLength(1);
  });

  it("gives a text back that is refused for good", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    socket.tell("error", { error: "conflict", message: "over", info: { client_id: "a" } });
    expect(bench.refused.map(([refused]) => refused.client_id)).toEqual(["a"]);
    expect(bench.outbox).toHaveLength(0);
  });

  it("tries again after the time that the server asks for", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    socket.tell("error", { error: "rate_limited", message: "", info: { client_id: "a", retry_after: 3 } });
    expect(bench.outbox).toHaveLength(1);
    expect(socket.of("text_input")).toHaveLength(1);
    await pass(3_000);
    expect(socket.of("text_input")).toHaveLength(2);
  });

  it("does not blame one of several inputs for an error that names none", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    bench.client.sendText(item("a"));
    bench.client.sendText(item("b"));
    socket.tell("error", { error: "conflict", message: "something else" });
    expect(bench.outbox).toHaveLength(2);
    expect(bench.refused).toHaveLength(0);
  });

  it("does not keep what is worth nothing later", async () => {
    const bench = new Bench();
    expect(bench.client.sendNow("think_time")).toBe(false);
    const socket = await bench.connected();
    expect(bench.client.sendNow("think_time")).toBe(true);
    expect(socket.of("think_time")).toHaveLength(1);
  });
});

describe("staying alive", () => {
  it("pings in silence and comes back when nothing answers", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    await pass(25_000);
    expect(socket.of("ping")).toHaveLength(1);
    socket.tell("pong", {});
    await pass(25_000);
    expect(socket.of("ping")).toHaveLength(2);
    await pass(10_000);
    expect(bench.state).toBe("reconnecting");
  });

  it("hands a fresh token on before the old one runs out", async () => {
    const bench = new Bench({ heartbeat_ms: 10_000_000 });
    const socket = await bench.connected();
    await pass(480_000);
    expect(socket.of("token_refresh")).toEqual([{ token: "fresh" }, { token: "fresh" }]);
  });

  it("ends with the session and does not come back", async () => {
    const bench = new Bench();
    const socket = await bench.connected();
    socket.tell("session_ended", { seq: 9 });
    expect(bench.state).toBe("ended");
    bench.client.connect();
    await pass(60_000);
    expect(bench.sockets).toHaveLength(1);
  });

  it("leaves no timer behind when it is closed", async () => {
    const bench = new Bench();
    await bench.connected();
    bench.client.sendText(item("a"));
    bench.client.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(bench.client.outbox).toHaveLength(1);
  });
});
