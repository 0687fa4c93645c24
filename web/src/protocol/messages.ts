/** The dialogue door's messages, as the web app reads and writes them. Unknown fields are ignored. */

export type Language = "en" | "ko" | "zh";

export type Strategy = "opening" | "deep_dive" | "clarify" | "challenge" | "pivot" | "encourage" | "wrap_up";

export interface Envelope<Type extends string = string, Data = Record<string, unknown>> {
  type: Type;
  session_id?: string;
  timestamp?: string;
  data: Data;
}

export interface ConnectedData {
  status?: string;
  server_info?: { version?: string };
  recovered?: boolean;
  last_seq?: number;
  epoch?: string | number;
}

export interface StatusData {
  status: string;
  message?: string;
  client_id?: string | null;
  seq?: number;
  recording_id?: string;
}

export interface DeltaData {
  text: string;
  turn_id?: string;
  /** The reply begins anew: another engine took over. */
  restart?: boolean;
}

/** What was heard: as it will stay, or (`is_final` false) so far. Seconds count from the beginning of the recording. */
export interface TranscriptionData {
  transcription: string;
  confidence?: number | null;
  is_final?: boolean;
  recording_id?: string;
  start_s?: number;
  end_s?: number;
  user_id?: string;
  seq?: number;
  event_id?: string;
}

/** So much of a recording is safe; `last`: all of it. */
export interface AudioAckData {
  received_ms: number;
  received_bytes: number;
  recording_id: string;
  last?: boolean;
  seq?: number;
}

export interface AiResponseData {
  user_input: string;
  ai_response: string;
  response_type?: string;
  strategy_used?: string;
  focus_area?: string;
  seq?: number;
  event_id?: string;
  input_seq?: number | null;
  client_id?: string | null;
  turn_id?: string | null;
  reason?: string | null;
  at_s?: number | null;
}

export interface ProgressData {
  status?: string;
  answered?: number;
  focus_area?: string;
  elapsed_s?: number;
  remaining_s?: number | null;
  patience_until?: string | number | null;
  connected?: boolean;
  seq?: number;
}

export interface SessionEndedData {
  report_url?: string | null;
  reason?: string;
  seq?: number;
}

export interface ErrorData {
  error: string;
  message: string;
  details?: string;
  client_id?: string;
  info?: Record<string, unknown>;
}

export interface SnapshotData {
  state: { session?: Record<string, unknown>; messages?: HistoryMessage[]; progress?: ProgressData | null };
  last_seq: number;
  epoch?: string | number;
}

/** Where an utterance can be heard: seconds of a recording. */
export interface AudioPlace {
  recording_id: string;
  start_s: number;
  end_s: number;
}

/** A candidate's word that this is not what they said; the correction is empty where they gave none. */
export interface Flag {
  correction: string;
}

/** One message of `GET /sessions/{id}/messages` and of a snapshot. */
export interface HistoryMessage {
  role: "interviewer" | "candidate";
  text: string;
  at: string;
  at_s: number | null;
  seq: number;
  utterance_id?: string;
  client_id?: string | null;
  strategy?: string | null;
  focus_area?: string | null;
  reason?: string | null;
  confidence?: number | null;
  audio?: AudioPlace;
  flag?: Flag | null;
}

export type ServerMessage =
  | Envelope<"connected", ConnectedData>
  | Envelope<"status", StatusData>
  | Envelope<"ai_response_delta", DeltaData>
  | Envelope<"ai_response", AiResponseData>
  | Envelope<"transcription", TranscriptionData>
  | Envelope<"audio_ack", AudioAckData>
  | Envelope<"progress", ProgressData>
  | Envelope<"snapshot", SnapshotData>
  | Envelope<"session_ended", SessionEndedData>
  | Envelope<"pong", { timestamp?: string }>
  | Envelope<"error", ErrorData>;

const KNOWN: ReadonlySet<string> = new Set([
  "connected",
  "status",
  "ai_response_delta",
  "ai_response",
  "transcription",
  "audio_ack",
  "progress",
  "snapshot",
  "session_ended",
  "pong",
  "error",
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads one text frame. Null for what is not ours: other types are for other clients and are ignored. */
export function parseServerMessage(frame: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["type"] !== "string" || !KNOWN.has(value["type"])) return null;
  return { ...value, data: isObject(value["data"]) ? value["data"] : {} } as unknown as ServerMessage;
}

/** The position that a message carries, or null when it carries none. Snapshots name theirs `last_seq`. */
export function seqOf(message: ServerMessage): number | null {
  if (message.type === "snapshot") return message.data.last_seq;
  if (message.type === "error") return seqOfUnheard(message.data);
  const seq = (message.data as { seq?: unknown }).seq;
  return typeof seq === "number" ? seq : null;
}

/** Speech that gave no words is told as an error, which is the message of an event all the same. */
function seqOfUnheard(error: ErrorData): number | null {
  const seq = error.info?.["seq"];
  return typeof seq === "number" ? seq : null;
}

/** The input that an error or an acknowledgement is about. */
export function clientIdOf(message: ServerMessage): string | null {
  const data = message.data as { client_id?: unknown; info?: Record<string, unknown> };
  const id = data.client_id ?? data.info?.["client_id"];
  return typeof id === "string" ? id : null;
}
