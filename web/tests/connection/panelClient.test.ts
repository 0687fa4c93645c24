import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PanelClient, PanelRefusal } from "@/connection/panelClient";
import type { ConnectionState } from "@/connection/socketClient";
import type { PanelMessage } from "@/protocol/panelMessages";
import { FakeSocket } from "./fakeSocket";

let sockets: FakeSocket[];
let states: ConnectionState["name"][];
let told: PanelMessage[];
let refused: string[];

const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("no socket was opened");
  return socket;
};

/** This door has no envelope. */
function say(message: object): void {
  last().readyState = 1;
  last().onmessage?.({ data: JSON.stringify(message) });
}

const sent = (type: string) => last().sent.filter((message) => message.type === type) as unknown as Record<string, unknown>[];

async function opened(greeting: object = {}): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  say({ type: "connected", recovered: true, last_seq: 0, private_seq: 0, epoch: "e", ...greeting });
}

function client(): PanelClient {
  const made = new PanelClient({
    address: (query) => Promise.resolve(`ws://host/?${new URLSearchParams(query).toString()}`),
    freshToken: () => Promise.resolve(null),
    openSocket: (address) => {
      const socket = new FakeSocket(address);
      sockets.push(socket);
      return socket;
    },
    onState: ({ name }) => states.push(name),
    onMessage: (message) => told.push(message),
    onAudioRefused: ({ message }) => refused.push(message),
    onAudioWaiting: () => undefined,
    random: () => 0,
  });
  made.connect();
  return made;
}

const snapshot = { type: "snapshot", state: {}, last_seq: 7, private_seq: 2, epoch: "e" };

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, states, told, refused] = [[], [], [], []];
});
afterEach(() => vi.useRealTimers());

describe("SPEC 0.2: a panel's connection", () => {
  it("asks for the session as it is first, and for what it missed when it comes back", async () => {
    client();
    await opened({ recovered: false });
    expect(new URL(last().address).searchParams.get("epoch")).toBe("none");
    say(snapshot);
    say({ type: "utterance", utterance_id: "u", seq: 9, event_id: "x" });
    say({ type: "note_saved", seq: 9, private_seq: 3, event_id: "y", note: "n" });
    last().drop();
    await vi.advanceTimersByTimeAsync(20_000);
    const query = new URL(last().address).searchParams;
    expect([query.get("last_seq"), query.get("private_seq"), query.get("epoch")]).toEqual(["9", "3", "e"]);
  });

  it("tells a message once, also when it is replayed", async () => {
    client();
    await opened();
    const utterance = { type: "utterance", utterance_id: "u", seq: 1, event_id: "x" };
    say(utterance);
    say(utterance);
    expect(told.filter(({ type }) => type === "utterance")).toHaveLength(1);
  });

  it("sends a command again over the next connection, with the same id, until it is answered", async () => {
    const panel = client();
    await opened();
    const done = vi.fn();
    void panel.ask("merge_speakers", { speaker: "a", into: "b" }).then(done);
    const id = sent("merge_speakers")[0]?.["client_id"];
    last().drop();
    await vi.advanceTimersByTimeAsync(20_000);
    await opened();
    expect(sent("merge_speakers")[0]?.["client_id"]).toBe(id);
    say({ type: "saved", seq: 3, client_id: id });
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toHaveBeenCalledOnce();
  });

  it("rejects what the server refuses, with its sentence", async () => {
    const panel = client();
    await opened();
    const asked = panel.ask("update_speaker", { speaker: "a" });
    const id = sent("update_speaker")[0]?.["client_id"];
    say({ type: "error", error: "No such speaker.", code: "not_found", details: "", info: { client_id: id } });
    await expect(asked).rejects.toThrow(PanelRefusal);
    await expect(asked).rejects.toThrow("No such speaker.");
  });

  it("takes the summary and the end for the answers to what asked for them", async () => {
    const panel = client();
    await opened();
    const judged = panel.ask("evaluation_request");
    say({ type: "evaluation_summary", summary: { candidates: [] } });
    await judged;
    const ended = panel.ask("session_end");
    say({ type: "session_ended", seq: 9, event_id: "z", final_result: {} });
    await ended;
    expect(states.at(-1)).toBe("ended");
  });

  it("answers the server's ping, and drops a line that is silent", async () => {
    client();
    await opened();
    say({ type: "ping", timestamp: "" });
    expect(sent("pong")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(25_000 + 10_000);
    expect(states).toContain("reconnecting");
  });
});

describe("SPEC 0.1: what the microphone hears", () => {
  const bytes = (size: number) => new Uint8Array(size);

  it("is sent when the stream is open, and goes on from the byte that the server has", async () => {
    const panel = client();
    await opened();
    panel.startRecording(true);
    panel.push(bytes(3_200));
    expect(sent("audio_start")[0]).toMatchObject({ audio_format: "pcm", own_microphone: true });
    expect(last().bytes).toHaveLength(0);
    say({ type: "audio_ack", recording_id: "r", received_bytes: 0, received_ms: 0, last: false });
    panel.push(bytes(3_200));
    expect(last().bytes.map(({ length }) => length)).toEqual([3_200, 3_200]);
    say({ type: "audio_ack", recording_id: "r", received_bytes: 3_200, received_ms: 100, last: false });
    last().drop();
    await vi.advanceTimersByTimeAsync(20_000);
    await opened();
    expect(sent("audio_start")[0]).toMatchObject({ recording_id: "r" });
    say({ type: "audio_ack", recording_id: "r", received_bytes: 4_000, received_ms: 125, last: false });
    expect(last().bytes.map(({ length }) => length)).toEqual([2_400]);
  });

  it("is refused with a sentence when the server takes none", async () => {
    const panel = client();
    await opened();
    panel.startRecording(false);
    const id = sent("audio_start")[0]?.["client_id"];
    say({ type: "error", error: "Voice is off.", code: "unavailable", details: "", info: { client_id: id } });
    expect(refused).toEqual(["Voice is off."]);
  });
});
