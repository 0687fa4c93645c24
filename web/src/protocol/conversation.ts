/** The conversation as one viewer sees it: a pure function of what was loaded, what was sent and what came in. */

import { type Clock, elapsed, setRunning, STOPPED } from "./clock";
import {
  type AiResponseData,
  type AudioPlace,
  type ErrorData,
  type Flag,
  type HistoryMessage,
  type ProgressData,
  seqOf,
  type ServerMessage,
  type TranscriptionData,
} from "./messages";
import type { OutboxItem } from "./outbox";

export type Role = "interviewer" | "candidate";
export type Phase = "waiting" | "processing" | "thinking" | "replying";

export interface Line {
  key: string;
  role: Role;
  text: string;
  at: string | null;
  at_s: number | null;
  seq: number | null;
  client_id: string | null;
  /** `pending` until the server says it is kept. */
  state: "kept" | "pending";
  strategy: string | null;
  focus_area: string | null;
  reason: string | null;
  /** Where it can be heard; null where it was written. */
  audio: AudioPlace | null;
  utterance_id: string | null;
  flag: Flag | null;
}

const WRITTEN = { audio: null, utterance_id: null, flag: null } as const;

export interface Conversation {
  lines: readonly Line[];
  /** The reply that is being written, as far as it has come. */
  reply: { turn_id: string; text: string } | null;
  /** What has been understood so far of what somebody is saying. */
  caption: string;
  speaking: boolean;
  /** The last thing said that gave no words, and why. */
  unheard: ErrorData | null;
  /** Turns whose further deltas are ignored: finished, or missed in part while disconnected. */
  closed_turns: readonly string[];
  phase: Phase;
  clock: Clock;
  /** Until when the interviewer waits patiently, epoch milliseconds. */
  patience_until: number | null;
  answered: number;
  focus_area: string;
  /** The session's own state, or `""` before it is known. */
  status: string;
  ended: { reason: string; report_url: string | null } | null;
  error: ErrorData | null;
}

export const EMPTY: Conversation = {
  lines: [],
  reply: null,
  caption: "",
  speaking: false,
  unheard: null,
  closed_turns: [],
  phase: "waiting",
  clock: STOPPED,
  patience_until: null,
  answered: 0,
  focus_area: "",
  status: "",
  ended: null,
  error: null,
};

export type Action =
  | {
      type: "loaded";
      messages: readonly HistoryMessage[];
      session: { status: string; elapsed_s: number; remaining_s: number | null; answered: number };
      pending: readonly OutboxItem[];
      now: number;
    }
  | { type: "queued"; item: OutboxItem }
  | { type: "refused"; client_id: string }
  | { type: "received"; message: ServerMessage; now: number }
  | { type: "disconnected"; now: number }
  | { type: "error_seen" }
  | { type: "flagged"; utterance_id: string; flag: Flag | null };

const KEPT_TURNS = 50;

const fromHistory = (message: HistoryMessage): Line => ({
  key: `seq:${message.seq}:${message.role}`,
  role: message.role,
  text: message.text,
  at: message.at,
  at_s: message.at_s,
  seq: message.seq,
  // What was spoken in one recording has one client_id: its position tells it apart.
  client_id: message.audio === undefined ? (message.client_id ?? null) : null,
  state: "kept",
  strategy: message.strategy ?? null,
  focus_area: message.focus_area ?? null,
  reason: message.reason ?? null,
  audio: message.audio ?? null,
  utterance_id: message.utterance_id ?? null,
  flag: message.flag ?? null,
});

const fromOutbox = (item: OutboxItem): Line => ({
  key: `client:${item.client_id}`,
  role: "candidate",
  text: item.text,
  at: new Date(item.written_at).toISOString(),
  at_s: null,
  seq: null,
  client_id: item.client_id,
  state: "pending",
  strategy: null,
  focus_area: null,
  reason: null,
  ...WRITTEN,
});

/** Kept lines by position; what is still pending stands last, as it was written. */
const ordered = (lines: readonly Line[]): Line[] =>
  lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => (a.line.seq ?? Infinity) - (b.line.seq ?? Infinity) || a.index - b.index)
    .map(({ line }) => line);

/** Puts a line in its place. One that is there already (same input, or same position and role) is updated. */
function place(lines: readonly Line[], line: Line): Line[] {
  const at = lines.findIndex(
    (known) =>
      (line.client_id !== null && known.client_id === line.client_id && known.role === line.role) ||
      (line.seq !== null && known.seq === line.seq && known.role === line.role),
  );
  const known = at < 0 ? undefined : lines[at];
  if (known === undefined) return ordered([...lines, line]);
  const merged: Line = {
    ...known,
    ...line,
    key: known.key,
    at: known.at ?? line.at,
    at_s: line.at_s ?? known.at_s,
    client_id: line.client_id ?? known.client_id,
    reason: line.reason ?? known.reason,
    strategy: line.strategy ?? known.strategy,
    focus_area: line.focus_area ?? known.focus_area,
    audio: line.audio ?? known.audio,
    utterance_id: line.utterance_id ?? known.utterance_id,
    flag: line.flag ?? known.flag,
  };
  return ordered(lines.map((other, index) => (index === at ? merged : other)));
}

/**
 * A reply may answer several inputs at once and then quotes them all, a line each. What is shown already is taken off,
 * so that nothing stands there twice.
 */
function unseenInput(lines: readonly Line[], text: string, before: number): string {
  const lastReply = lines.findLastIndex((line) => line.role === "interviewer" && (line.seq ?? Infinity) < before);
  return lines
    .slice(lastReply + 1)
    .filter((line) => line.role === "candidate")
    .reduce((rest, line) => (rest.startsWith(`${line.text}\n`) ? rest.slice(line.text.length + 1) : rest), text);
}

/** The input that a reply answers, where it is not shown yet (it came from elsewhere) or was not known to be kept. */
function withInput(lines: readonly Line[], data: AiResponseData, at_s: number): readonly Line[] {
  if (!data.user_input) return lines;
  const seq = data.input_seq ?? null;
  const spoken = lines.some((line) => line.audio !== null && line.seq === seq);
  const clientId = spoken ? null : (data.client_id ?? null);
  if (seq === null && clientId === null) return lines;
  const known = lines.find(
    (line) =>
      line.role === "candidate" &&
      ((clientId !== null && line.client_id === clientId) || (seq !== null && line.seq === seq)),
  );
  return place(lines, {
    key: seq === null ? `client:${clientId}` : `seq:${seq}:candidate`,
    role: "candidate",
    text: known?.text ?? unseenInput(lines, data.user_input, seq ?? Infinity),
    at: null,
    at_s: known === undefined ? at_s : null,
    seq,
    client_id: clientId,
    state: "kept",
    strategy: null,
    focus_area: null,
    reason: null,
    ...WRITTEN,
  });
}

const closeTurn = (turns: readonly string[], turn: string | null | undefined): readonly string[] =>
  turn && !turns.includes(turn) ? [...turns, turn].slice(-KEPT_TURNS) : turns;

function onReply(state: Conversation, data: AiResponseData, at: string | null, now: number): Conversation {
  const seq = data.seq ?? null;
  const at_s = elapsed(state.clock, now);
  const known = state.lines.find((line) => line.role === "interviewer" && seq !== null && line.seq === seq);
  const lines = place(withInput(state.lines, data, at_s), {
    key: `seq:${seq ?? data.turn_id ?? state.lines.length}:interviewer`,
    role: "interviewer",
    text: data.ai_response,
    at,
    at_s: data.at_s ?? known?.at_s ?? at_s,
    seq,
    client_id: null,
    state: "kept",
    strategy: data.strategy_used ?? null,
    focus_area: data.focus_area ?? null,
    reason: data.reason ?? null,
    ...WRITTEN,
  });
  return {
    ...state,
    lines,
    reply: null,
    closed_turns: closeTurn(state.closed_turns, data.turn_id),
    phase: "waiting",
    patience_until: null,
  };
}

const instant = (value: string | number | null | undefined): number | null => {
  if (value === null || value === undefined || value === "") return null;
  // Numbers below a hundred thousand million are seconds since 1970, larger ones milliseconds.
  const time = typeof value === "number" ? (value < 1e11 ? value * 1000 : value) : Date.parse(value);
  return Number.isFinite(time) ? time : null;
};

function onProgress(state: Conversation, data: ProgressData, now: number): Conversation {
  const status = data.status ?? state.status;
  return {
    ...state,
    status,
    answered: data.answered ?? state.answered,
    focus_area: data.focus_area ?? state.focus_area,
    patience_until: data.patience_until === undefined ? state.patience_until : instant(data.patience_until),
    clock: {
      remaining_s: data.remaining_s === undefined ? state.clock.remaining_s : data.remaining_s,
      elapsed_s: data.elapsed_s ?? state.clock.elapsed_s,
      read_at: now,
      running: status === "live" && data.connected !== false,
    },
  };
}

/** Words as they will stay. Those of one recording come one after the other, each with a position of its own. */
function onTranscription(state: Conversation, data: TranscriptionData, at: string | null, now: number): Conversation {
  if (data.is_final === false) return { ...state, caption: data.transcription, speaking: true, unheard: null };
  const seq = data.seq ?? null;
  const { recording_id = "", start_s = 0, end_s = 0 } = data;
  const lines = place(state.lines, {
    key: `seq:${seq}:candidate`,
    role: "candidate",
    text: data.transcription,
    at,
    at_s: elapsed(state.clock, now),
    seq,
    client_id: null,
    state: "kept",
    strategy: null,
    focus_area: null,
    reason: null,
    audio: recording_id === "" ? null : { recording_id, start_s, end_s },
    utterance_id: data.event_id ?? null,
    flag: null,
  });
  return { ...state, lines, caption: "", speaking: false, unheard: null, patience_until: null, phase: "processing" };
}

const ACTIVITIES: Record<string, Partial<Conversation>> = {
  speech_started: { speaking: true, unheard: null },
  speech_ended: { speaking: false },
  false_start: { speaking: false, caption: "" },
  // The reply will be made again, with what was said meanwhile.
  interrupted: { reply: null },
};

function onStatus(state: Conversation, status: string, clientId: string | undefined, seq: number | undefined): Conversation {
  const activity = ACTIVITIES[status];
  if (activity !== undefined) return { ...state, ...activity };
  const phase: Phase =
    status === "processing" || status === "transcribing"
      ? "processing"
      : status === "thinking"
        ? "thinking"
        : status === "waiting"
          ? "waiting"
          : state.phase;
  if (clientId === undefined) return { ...state, phase };
  const lines = state.lines.map((line) =>
    line.client_id === clientId && line.state === "pending"
      ? { ...line, state: "kept" as const, seq: seq ?? line.seq }
      : line,
  );
  return { ...state, phase, lines: ordered(lines) };
}

function onMessage(state: Conversation, message: ServerMessage, now: number): Conversation {
  switch (message.type) {
    case "ai_response":
      return onReply(state, message.data, message.timestamp ?? null, now);
    case "ai_response_delta": {
      const turn = message.data.turn_id ?? "";
      if (state.closed_turns.includes(turn)) return state;
      const more = state.reply?.turn_id === turn && message.data.restart !== true;
      const text = more ? (state.reply?.text ?? "") + message.data.text : message.data.text;
      return { ...state, phase: "replying", reply: { turn_id: turn, text } };
    }
    case "status":
      return onStatus(state, message.data.status, message.data.client_id ?? undefined, message.data.seq);
    case "transcription":
      return onTranscription(state, message.data, message.timestamp ?? null, now);
    case "progress":
      return onProgress(state, message.data, now);
    case "snapshot": {
      const pending = state.lines.filter((line) => line.state === "pending");
      const lines = (message.data.state.messages ?? []).map(fromHistory);
      const fresh: Conversation = { ...state, lines: ordered([...lines, ...pending]), reply: null, phase: "waiting" };
      const progress = message.data.state.progress;
      return progress ? onProgress(fresh, progress, now) : fresh;
    }
    case "session_ended":
      return {
        ...state,
        status: state.status === "stopped" ? "stopped" : "ended",
        reply: null,
        phase: "waiting",
        patience_until: null,
        clock: setRunning(state.clock, false, now),
        ended: { reason: message.data.reason ?? "", report_url: message.data.report_url ?? null },
      };
    case "error":
      if (seqOf(message) !== null) return onUnheard(state, message.data);
      return { ...state, error: message.data, phase: state.reply === null ? "waiting" : state.phase };
    case "audio_ack":
    case "connected":
    case "pong":
      return state;
  }
}

function onUnheard(state: Conversation, error: ErrorData): Conversation {
  return { ...state, unheard: error, caption: "", speaking: false, phase: state.reply === null ? "waiting" : state.phase };
}

export function reduce(state: Conversation, action: Action): Conversation {
  switch (action.type) {
    case "loaded": {
      const loaded = action.messages.map(fromHistory);
      const known = new Set(loaded.map((line) => line.client_id).filter((id) => id !== null));
      const waiting = action.pending.filter((item) => !known.has(item.client_id)).map(fromOutbox);
      const later = state.lines.filter((line) => line.state === "kept");
      const lines = later.reduce<readonly Line[]>((all, line) => place(all, line), [...loaded, ...waiting]);
      return {
        ...state,
        lines: ordered(lines),
        status: state.status === "" ? action.session.status : state.status,
        answered: Math.max(state.answered, action.session.answered),
        clock:
          state.clock.read_at > 0
            ? state.clock
            : {
                remaining_s: action.session.remaining_s,
                elapsed_s: action.session.elapsed_s,
                read_at: action.now,
                running: false,
              },
      };
    }
    case "queued":
      return { ...state, lines: place(state.lines, fromOutbox(action.item)), patience_until: null, error: null, unheard: null };
    case "refused":
      return {
        ...state,
        lines: state.lines.filter((line) => line.client_id !== action.client_id || line.state === "kept"),
      };
    case "received":
      return onMessage(state, action.message, action.now);
    case "disconnected":
      return {
        ...state,
        // What is missed of a half-told reply never comes again as deltas; the whole reply does.
        closed_turns: closeTurn(state.closed_turns, state.reply?.turn_id),
        reply: null,
        caption: "",
        speaking: false,
        phase: "waiting",
        clock: setRunning(state.clock, false, action.now),
      };
    case "error_seen":
      return { ...state, error: null, unheard: null };
    case "flagged":
      return {
        ...state,
        lines: state.lines.map((line) => (line.utterance_id === action.utterance_id ? { ...line, flag: action.flag } : line)),
      };
  }
}
