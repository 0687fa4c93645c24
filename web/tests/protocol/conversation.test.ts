import { describe, expect, it } from "vitest";
import { remaining } from "@/protocol/clock";
import { type Conversation, EMPTY, reduce } from "@/protocol/conversation";
import type { HistoryMessage, ServerMessage } from "@/protocol/messages";

const NOW = 1_700_000_000_000;

const received = (state: Conversation, type: ServerMessage["type"], data: object, now = NOW): Conversation =>
  reduce(state, { type: "received", message: { type, data, timestamp: "2026-01-01T00:00:00.000Z" } as ServerMessage, now });

const history = (seq: number, role: "interviewer" | "candidate", text: string, client_id?: string): HistoryMessage => ({
  role,
  text,
  at: "2026-01-01T00:00:00.000Z",
  at_s: seq,
  seq,
  ...(client_id === undefined ? {} : { client_id }),
});

const item = (client_id: string, text: string) => ({ client_id, text, written_at: NOW });
const texts = (state: Conversation) => state.lines.map((line) => `${line.role[0]}:${line.text}:${line.state}`);

const loaded = (messages: HistoryMessage[], pending: ReturnType<typeof item>[] = []): Conversation =>
  reduce(EMPTY, {
    type: "loaded",
    messages,
    pending,
    session: { status: "live", elapsed_s: 10, remaining_s: 100, answered: 1 },
    now: NOW,
  });

describe("what was said", () => {
  it("shows what was loaded, with what waits to be sent last", () => {
    const state = loaded([history(2, "interviewer", "hello")], [item("c1", "unsent")]);
    expect(texts(state)).toEqual(["i:hello:kept", "c:unsent:pending"]);
  });

  it("does not show an input twice that is in the history and in the outbox", () => {
    const state = loaded([history(2, "candidate", "hi", "c1")], [item("c1", "hi")]);
    expect(texts(state)).toEqual(["c:hi:kept"]);
  });

  it("SPEC 0.3: matches an acknowledgement by client_id and keeps the order by position", () => {
    let state = loaded([history(2, "interviewer", "hello")]);
    state = reduce(state, { type: "queued", item: item("a", "first") });
    state = reduce(state, { type: "queued", item: item("b", "second") });
    state = received(state, "status", { status: "processing", client_id: "a", seq: 3 });
    expect(texts(state)).toEqual(["i:hello:kept", "c:first:kept", "c:second:pending"]);
    expect(state.phase).toBe("processing");
    state = received(state, "ai_response", { user_input: "first", ai_response: "and?", seq: 4, input_seq: 3, client_id: "a" });
    expect(texts(state)).toEqual(["i:hello:kept", "c:first:kept", "i:and?:kept", "c:second:pending"]);
  });

  it("SPEC 0.2: shows a replayed reply once", () => {
    const data = { user_input: "x", ai_response: "y", seq: 4, input_seq: 3, client_id: "a" };
    const once = received(loaded([]), "ai_response", data);
    expect(texts(received(once, "ai_response", data))).toEqual(texts(once));
    expect(texts(once)).toEqual(["c:x:kept", "i:y:kept"]);
  });

  it("shows what was said in another tab", () => {
    const state = received(loaded([]), "ai_response", { user_input: "from the phone", ai_response: "ok", seq: 9, input_seq: 8 });
    expect(texts(state)).toEqual(["c:from the phone:kept", "i:ok:kept"]);
  });

  it("does not repeat inputs that one reply answers together", () => {
    let state = loaded([history(2, "interviewer", "hello"), history(3, "candidate", "one", "a")]);
    state = reduce(state, { type: "queued", item: item("b", "two") });
    const reply = { user_input: "one\ntwo", ai_response: "and?", seq: 5, input_seq: 4, client_id: "b" };
    expect(texts(received(state, "ai_response", reply))).toEqual([
      "i:hello:kept",
      "c:one:kept",
      "c:two:kept",
      "i:and?:kept",
    ]);
    const watcher = loaded([history(2, "interviewer", "hello"), history(3, "candidate", "one", "a")]);
    expect(texts(received(watcher, "ai_response", reply))).toEqual([
      "i:hello:kept",
      "c:one:kept",
      "c:two:kept",
      "i:and?:kept",
    ]);
  });

  it("shows no input for an opening", () => {
    expect(texts(received(loaded([]), "ai_response", { user_input: "", ai_response: "Welcome", seq: 2 }))).toEqual([
      "i:Welcome:kept",
    ]);
  });

  it("takes a refused input out again", () => {
    const state = reduce(loaded([]), { type: "queued", item: item("a", "x") });
    expect(reduce(state, { type: "refused", client_id: "a" }).lines).toEqual([]);
  });
});

describe("a reply under way", () => {
  it("grows with its deltas and gives way to the whole reply", () => {
    let state = received(loaded([]), "ai_response_delta", { text: "Tell ", turn_id: "t" });
    state = received(state, "ai_response_delta", { text: "me", turn_id: "t" });
    expect(state.reply?.text).toBe("Tell me");
    expect(state.phase).toBe("replying");
    state = received(state, "ai_response", { user_input: "", ai_response: "Tell me more", seq: 3, turn_id: "t" });
    expect(state.reply).toBeNull();
    expect(received(state, "ai_response_delta", { text: "late", turn_id: "t" }).reply).toBeNull();
  });

  it("starts anew with another turn, as after an interruption", () => {
    let state = received(loaded([]), "ai_response_delta", { text: "old", turn_id: "1" });
    state = received(state, "ai_response_delta", { text: "new", turn_id: "2" });
    expect(state.reply).toEqual({ turn_id: "2", text: "new" });
  });

  it("is not patched together from the halves on both sides of a lost connection", () => {
    let state = received(loaded([]), "ai_response_delta", { text: "Tell ", turn_id: "t" });
    state = reduce(state, { type: "disconnected", now: NOW });
    expect(received(state, "ai_response_delta", { text: "half", turn_id: "t" }).reply).toBeNull();
  });
});

describe("the clock", () => {
  it("SPEC 2: stands while disconnected", () => {
    let state = received(loaded([]), "progress", { status: "live", remaining_s: 100, elapsed_s: 10, connected: true });
    expect(remaining(state.clock, NOW + 5_000)).toBe(95);
    state = reduce(state, { type: "disconnected", now: NOW + 5_000 });
    expect(remaining(state.clock, NOW + 60_000)).toBe(95);
  });

  it("does not run before the interview is live, nor below zero", () => {
    const waiting = received(loaded([]), "progress", { status: "scheduled", remaining_s: 100 });
    expect(remaining(waiting.clock, NOW + 50_000)).toBe(100);
    const live = received(loaded([]), "progress", { status: "live", remaining_s: 3 });
    expect(remaining(live.clock, NOW + 50_000)).toBe(0);
  });
});

describe("the rest", () => {
  it("reads the end of patience as text, seconds or milliseconds, and forgets it with an answer", () => {
    const iso = received(loaded([]), "progress", { patience_until: "2026-01-01T00:01:00.000Z" });
    expect(iso.patience_until).toBe(Date.parse("2026-01-01T00:01:00.000Z"));
    expect(received(loaded([]), "progress", { patience_until: 1_767_225_660 }).patience_until).toBe(1_767_225_660_000);
    expect(reduce(iso, { type: "queued", item: item("a", "x") }).patience_until).toBeNull();
  });

  it("SPEC 0.2: a snapshot replaces what was known, but not what waits to be sent", () => {
    let state = loaded([history(2, "interviewer", "old")]);
    state = reduce(state, { type: "queued", item: item("a", "unsent") });
    state = received(state, "snapshot", {
      state: { messages: [history(2, "interviewer", "restored")], progress: { status: "live", remaining_s: 5 } },
      last_seq: 2,
    });
    expect(texts(state)).toEqual(["i:restored:kept", "c:unsent:pending"]);
    expect(state.clock.remaining_s).toBe(5);
  });

  it("ends, with the clock stopped", () => {
    const live = received(loaded([]), "progress", { status: "live", remaining_s: 50 });
    const state = received(live, "session_ended", { reason: "time", report_url: null }, NOW + 10_000);
    expect(state.ended).toEqual({ reason: "time", report_url: null });
    expect(remaining(state.clock, NOW + 99_000)).toBe(40);
  });

  it("keeps an error until it was seen", () => {
    const state = received(loaded([]), "error", { error: "conflict", message: "Not now." });
    expect(state.error?.message).toBe("Not now.");
    expect(reduce(state, { type: "error_seen" }).error).toBeNull();
  });
});

describe("what is said aloud", () => {
  const heard = (seq: number, text: string) => ({
    transcription: text,
    is_final: true,
    recording_id: "r",
    start_s: seq,
    end_s: seq + 1,
    client_id: "audio",
    event_id: `e${seq}`,
    seq,
  });

  it("is a caption while it is said, and a line once it is understood", () => {
    let state = received(loaded([]), "status", { status: "speech_started" });
    state = received(state, "transcription", { transcription: "I led", is_final: false });
    expect([state.speaking, state.caption, state.lines.length]).toEqual([true, "I led", 0]);
    state = received(state, "transcription", heard(4, "I led the team"));
    expect([state.speaking, state.caption, state.phase]).toEqual([false, "", "processing"]);
    expect(texts(state)).toEqual(["c:I led the team:kept"]);
    expect(state.lines[0]).toMatchObject({ audio: { recording_id: "r", start_s: 4, end_s: 5 }, utterance_id: "e4" });
  });

  it("keeps the answers of one recording apart, although they have one client_id", () => {
    let state = received(loaded([]), "transcription", heard(4, "one"));
    state = received(state, "ai_response", { user_input: "one", ai_response: "and?", input_seq: 4, client_id: "audio", seq: 5 });
    state = received(state, "transcription", heard(6, "two"));
    state = received(state, "ai_response", { user_input: "two", ai_response: "fine", input_seq: 6, client_id: "audio", seq: 7 });
    expect(texts(state)).toEqual(["c:one:kept", "i:and?:kept", "c:two:kept", "i:fine:kept"]);
  });

  it("says what gave no words, until the next words", () => {
    let state = received(loaded([]), "error", { error: "invalid_payload", message: "nobody spoke", info: { seq: 4, recording_id: "r" } });
    expect([state.unheard?.message, state.error]).toEqual(["nobody spoke", null]);
    state = received(state, "transcription", heard(6, "now"));
    expect(state.unheard).toBeNull();
  });

  it("forgets a caption that was none, and a reply that was interrupted", () => {
    let state = received(loaded([]), "transcription", { transcription: "hm", is_final: false });
    state = received(state, "status", { status: "false_start" });
    expect([state.speaking, state.caption]).toEqual([false, ""]);
    state = received(state, "ai_response_delta", { text: "So", turn_id: "t" });
    state = received(state, "status", { status: "interrupted", turn_id: "t" });
    expect(state.reply).toBeNull();
    state = received(state, "ai_response_delta", { text: "Well", turn_id: "t" });
    state = received(state, "ai_response_delta", { text: "Anew", turn_id: "t", restart: true });
    expect(state.reply?.text).toBe("Anew");
  });

  it("shows on a line that it was flagged, and that it no longer is", () => {
    const state = received(loaded([]), "transcription", heard(4, "see"));
    const flagged = reduce(state, { type: "flagged", utterance_id: "e4", flag: { correction: "C" } });
    expect(flagged.lines[0]?.flag).toEqual({ correction: "C" });
    expect(reduce(flagged, { type: "flagged", utterance_id: "e4", flag: null }).lines[0]?.flag).toBeNull();
  });
});
