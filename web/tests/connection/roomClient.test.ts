import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RoomClient, type RoomClientOptions, RoomRefusal, RoomUnreachable } from "@/connection/roomClient";
import { AddressRefused, type ConnectionState } from "@/connection/socketClient";
import type { ErrorData } from "@/protocol/messages";
import type { ServerEvent } from "@/protocol/roomMessages";
import type { QueuedCommand, RoomQueue } from "@/protocol/roomQueue";
import { FakeRoomSocket, settled } from "./fakeRoomSocket";

const command = (id: string, message = id): QueuedCommand => ({
  client_id: id,
  name: "send_message",
  payload: { message, type: "text" },
  done_at: 0,
});

function setup(more: Partial<RoomClientOptions> = {}) {
  const sockets: FakeRoomSocket[] = [];
  const states: ConnectionState[] = [];
  const events: ServerEvent[] = [];
  const queues: RoomQueue[] = [];
  const refused: [QueuedCommand, ErrorData][] = [];
  let tickets = 0;
  const client = new RoomClient({
    interviewId: "room-1",
    userId: "u-1",
    ticket: () => Promise.resolve(`ticket-${++tickets}`),
    freshToken: () => Promise.resolve("token"),
    openSocket: (auth) => {
      const socket = new FakeRoomSocket(auth);
      sockets.push(socket);
      return socket;
    },
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    onQueue: (queue) => queues.push(queue),
    onRefused: (item, error) => refused.push([item, error]),
    features: ["presence"],
    random: () => 0.5,
    ...more,
  });
  const socket = () => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error("no socket was opened");
    return last;
  };
  const open = async (answer: object = {}) => {
    client.connect();
    await settled();
    await socket().join(answer);
    socket().tell("snapshot", { state: {}, last_seq: 4, epoch: "e1" });
  };
  return { client, sockets, socket, open, states, events, queues, refused };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("getting into a room", () => {
  it("knocks with a ticket and its features, joins, and goes on from the room as it is", async () => {
    const { open, socket, states, client } = setup();
    await open();
    expect(socket().auth).toEqual({ ticket: "ticket-1", features: ["presence"] });
    expect(socket().last("join_interview").payload).toEqual({ interview_id: "room-1", user_id: "u-1" });
    expect(states.map((state) => state.name)).toEqual(["connecting", "connected"]);
    expect(client.position).toEqual({ last_seq: 4, epoch: "e1" });
    client.close();
    expect(socket().disconnected).toBe(true);
  });

  it("asks for the whole room again when it was cut off before it had it", async () => {
    const { client, socket } = setup();
    client.connect();
    await settled();
    await socket().join();
    socket().tell("new_message", { user_id: "u-2", message: "hello", seq: 9, event_id: "a" });
    expect(client.position.last_seq).toBeNull();
  });

  it("SPEC 0.2: comes back with a new ticket and the last position it was told", async () => {
    const { open, socket, sockets, client } = setup();
    await open();
    socket().tell("new_message", { user_id: "u-2", message: "hello", seq: 9, event_id: "a" });
    socket().happen("disconnect", "transport close");
    expect(client.state).toMatchObject({ name: "reconnecting", attempt: 1 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sockets).toHaveLength(2);
    await socket().join();
    expect(socket().auth["ticket"]).toBe("ticket-2");
    expect(socket().last("join_interview").payload).toMatchObject({ last_seq: 9, epoch: "e1" });
  });

  it("SPEC 0.2: goes on from a snapshot, in its epoch", async () => {
    const { open, socket, client } = setup();
    await open();
    socket().tell("snapshot", { state: {}, last_seq: 2, epoch: "e2" });
    expect(client.position).toEqual({ last_seq: 2, epoch: "e2" });
  });

  it("leaves an acknowledgement's position alone: only what was told of the room counts", async () => {
    const { open, socket, client } = setup();
    await open({ last_seq: 40 });
    expect(client.position.last_seq).toBe(4);
    socket().tell("error", { error: "conflict", message: "no", seq: 41 });
    expect(client.position.last_seq).toBe(4);
  });

  it.each([
    ["unauthorized", 4401],
    ["forbidden", 4403],
    ["not_found", 4404],
  ])("does not come back after %s at the door", async (error, code) => {
    const { client, socket, sockets } = setup();
    client.connect();
    await settled();
    socket().happen("connect_error", Object.assign(new Error("no"), { data: { error, message: "No." } }));
    expect(client.state).toEqual({ name: "refused", code, message: "No." });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });

  it("is refused by the room itself, and by whoever gives tickets", async () => {
    const first = setup();
    first.client.connect();
    await settled();
    first.socket().connected = true;
    first.socket().happen("connect");
    first.socket().last("join_interview").answer({ error: "not_found", message: "There is no such room." });
    await settled();
    expect(first.client.state).toMatchObject({ name: "refused", code: 4404 });

    const second = setup({ ticket: () => Promise.reject(new AddressRefused(4401, "Signed out.")) });
    second.client.connect();
    await settled();
    expect(second.client.state).toMatchObject({ name: "refused", code: 4401 });
  });

  it("stays away when the server puts it out, and says why", async () => {
    const { open, socket, client } = setup();
    await open();
    socket().tell("error", { error: "forbidden", message: "Your access was withdrawn." });
    socket().happen("disconnect", "io server disconnect");
    expect(client.state).toEqual({ name: "refused", code: 4403, message: "Your access was withdrawn." });
  });

  it("SPEC 4: tries five times with growing pauses, then waits for the button", async () => {
    const { client, sockets, socket } = setup();
    client.connect();
    await settled();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      socket().happen("connect_error", new Error("xhr poll error"));
      expect(client.state).toMatchObject({ name: "reconnecting", attempt });
      await vi.advanceTimersToNextTimerAsync();
    }
    socket().happen("connect_error", new Error("xhr poll error"));
    expect(client.state.name).toBe("failed");
    expect(sockets).toHaveLength(6);
    client.connect();
    await settled();
    expect(sockets).toHaveLength(7);
  });

  it("notices a connection that is dead without knowing it", async () => {
    const { open, socket, client } = setup();
    await open();
    socket().last("ping").fail();
    await settled();
    expect(client.state.name).toBe("reconnecting");
  });

  it("waits while the machine is off line and comes back by itself", async () => {
    const { open, client, sockets } = setup();
    await open();
    client.onlineChanged(false);
    expect(client.state.name).toBe("offline");
    client.onlineChanged(true);
    await settled();
    expect(sockets).toHaveLength(2);
  });
});

describe("what is done in a room", () => {
  it("keeps a command until it is acknowledged", async () => {
    const { open, client, socket } = setup();
    await open();
    client.keep(command("c-1"));
    expect(socket().last("send_message").payload).toEqual({
      interview_id: "room-1",
      user_id: "u-1",
      client_id: "c-1",
      message: "c-1",
      type: "text",
    });
    expect(client.queue).toHaveLength(1);
    socket().last("send_message").answer({ status: "ok", seq: 5, event_id: "e", client_id: "c-1" });
    await settled();
    expect(client.queue).toHaveLength(0);
  });

  it("SPEC 0.3: repeats under the same client_id when no answer comes", async () => {
    const { open, client, socket } = setup();
    await open();
    client.keep(command("c-1"));
    socket().last("send_message").fail();
    await settled();
    expect(socket().of("send_message").map((sent) => sent.payload["client_id"])).toEqual(["c-1", "c-1"]);
    expect(client.queue).toHaveLength(1);
  });

  it("sends what was done off line after coming back, in order", async () => {
    const { client, open, socket } = setup();
    client.keep(command("c-1"));
    client.keep(command("c-2"));
    await open();
    expect(socket().of("send_message").map((sent) => sent.payload["message"])).toEqual(["c-1", "c-2"]);
  });

  it("hands back what the server refuses for good, and waits where it may be tried again", async () => {
    const { open, client, socket, refused } = setup();
    await open();
    client.keep(command("c-1"));
    client.keep(command("c-2"));
    const [first, second] = socket().of("send_message");
    first?.answer({ error: "conflict", message: "The interview is over." });
    second?.answer({ error: "rate_limited", message: "Slower.", info: { retry_after: 2 } });
    await settled();
    expect(refused).toEqual([[command("c-1"), { error: "conflict", message: "The interview is over." }]]);
    expect(client.queue.map((item) => item.client_id)).toEqual(["c-2"]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket().of("send_message")).toHaveLength(3);
  });

  it("asks and tells the answer, the refusal, or that nobody is there", async () => {
    const { open, client, socket } = setup();
    await expect(client.ask("pause_interview", {})).rejects.toBeInstanceOf(RoomUnreachable);
    await open();
    const asked = client.ask("pause_interview", { client_id: "p" });
    socket().last("pause_interview").answer({ status: "ok", seq: 7 });
    await expect(asked).resolves.toMatchObject({ seq: 7 });
    const refused = client.ask("pause_interview", { client_id: "q" });
    socket().last("pause_interview").answer({ error: "conflict", message: "It is paused already." });
    await expect(refused).rejects.toEqual(new RoomRefusal({ error: "conflict", message: "It is paused already." }));
  });

  it("asks once more when no answer comes, and no oftener", async () => {
    const { open, client, socket } = setup();
    await open();
    const asked = client.ask("pause_interview", { client_id: "p" });
    const outcome = expect(asked).rejects.toBeInstanceOf(RoomUnreachable);
    socket().last("pause_interview").fail();
    await settled();
    socket().last("pause_interview").fail();
    await outcome;
    expect(socket().of("pause_interview").map((sent) => sent.payload["client_id"])).toEqual(["p", "p"]);
  });

  it("refreshes the token while connected", async () => {
    const { open, socket } = setup({ heartbeat_ms: 1e9 });
    await open();
    socket().last("ping").answer({});
    await vi.advanceTimersByTimeAsync(240_000);
    expect(socket().last("token_refresh").payload).toEqual({ token: "token" });
  });
});
