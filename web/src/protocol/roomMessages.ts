/** The rooms' events, as the web app reads and writes them. Unknown events and fields are ignored. */

import type { ErrorData } from "./messages";

/** Numbers are seconds since 1970, texts are ISO 8601. */
export type Moment = number | string;

export type ParticipantRole = "admin" | "recruiter" | "interviewer" | "observer" | "candidate";

/** What stored events carry: where they stand in the room's history, and who sent them with which id. */
export interface Stored {
  seq?: number;
  event_id?: string;
  client_id?: string | null;
}

export interface ParticipantData {
  user_id: string;
  name?: string;
  role: ParticipantRole;
  status?: string;
}

export interface ServerEvents {
  connected: { session_id?: string; user_id?: string };
  online_users: { count: number };
  joined_interview: JoinedData;
  snapshot: { state: unknown; last_seq: number; epoch?: string | number };
  participant_joined: Stored & { user_id: string; name?: string; role?: ParticipantRole; participants_count: number };
  participant_left: Stored & { user_id: string; participants_count?: number };
  participants_updated: { participants: ParticipantData[]; participants_count: number };
  interview_progress: { answered?: number; total?: number; elapsed?: number; status?: string };
  interview_started: Stored & { by?: string; timestamp?: Moment };
  interview_paused: Stored & { by?: string; timestamp?: Moment };
  interview_resumed: Stored & { by?: string; timestamp?: Moment };
  question_started: Stored & {
    question_id: string;
    question_text: string;
    start_time: Moment;
    time_limit_s?: number | null;
    at_s?: number;
  };
  answer_submitted: Stored & {
    question_id: string;
    user_id: string;
    response_time?: number | null;
    timestamp?: Moment;
    answer_text?: string | null;
    version?: number;
  };
  interview_ended: Stored & { ended_by?: string; timestamp?: Moment; message?: string };
  interview_emergency_stopped: Stored & { stopped_by?: string; reason?: string; timestamp?: Moment };
  new_message: Stored & { user_id: string; message: string; type?: string; timestamp?: Moment; message_id?: string };
  user_typing: { user_id: string; is_typing: boolean };
  recording_status: Stored & { user_id: string; is_recording: boolean; timestamp?: Moment };
  live_transcription: Stored & { user_id: string; text: string; is_final: boolean; timestamp?: Moment; question_id?: string | null };
  help_requested: Stored & {
    user_id: string;
    help_type: string;
    question_id?: string | null;
    message?: string;
    timestamp?: Moment;
    help_id?: string;
  };
  help_resolved: Stored & { user_id?: string; resolved_by?: string; help_id?: string; timestamp?: Moment };
  system_message: Stored & { message: string; level?: string; timestamp?: Moment };
  error: ErrorData;
}

export interface JoinedData {
  status?: string;
  participants_count?: number;
  recovered?: boolean;
  last_seq?: number;
  epoch?: string | number;
}

export type ServerEventName = keyof ServerEvents;
export type ServerEvent = { [Name in ServerEventName]: { name: Name; data: ServerEvents[Name] } }[ServerEventName];

const KNOWN: Record<ServerEventName, true> = {
  connected: true,
  online_users: true,
  joined_interview: true,
  snapshot: true,
  participant_joined: true,
  participant_left: true,
  participants_updated: true,
  interview_progress: true,
  interview_started: true,
  interview_paused: true,
  interview_resumed: true,
  question_started: true,
  answer_submitted: true,
  interview_ended: true,
  interview_emergency_stopped: true,
  new_message: true,
  user_typing: true,
  recording_status: true,
  live_transcription: true,
  help_requested: true,
  help_resolved: true,
  system_message: true,
  error: true,
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads one event of the socket. Null for what this app does not know: plug-ins may add events of their own. */
export function parseServerEvent(name: string, data: unknown): ServerEvent | null {
  if (!Object.hasOwn(KNOWN, name)) return null;
  return { name, data: isObject(data) ? data : {} } as ServerEvent;
}

/** Answers to one sender. They may name a position, but are no part of the replayed history. */
const CONFIRMATIONS: ReadonlySet<ServerEventName> = new Set(["connected", "joined_interview", "error"]);

/** Where a message stands in the history; null for what is not stored. */
export function positionOf(event: ServerEvent): number | null {
  if (CONFIRMATIONS.has(event.name) || event.name === "snapshot") return null;
  const { seq } = event.data as Stored;
  return typeof seq === "number" ? seq : null;
}

/** The error shape in an acknowledgement, or null when it confirms. */
export function errorIn(answer: unknown): ErrorData | null {
  if (!isObject(answer) || typeof answer["error"] !== "string") return null;
  const { error, message } = answer;
  return { ...answer, error, message: typeof message === "string" ? message : "" };
}

/** Epoch milliseconds of a moment on the wire; null where there is none. */
export function momentOf(value: unknown): number | null {
  if (typeof value === "number" && Number.isFinite(value)) return value * 1000;
  if (typeof value !== "string") return null;
  const time = Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

/** An id, which may be a number on the wire; null where there is none. */
export const idOf = (value: unknown): string | null =>
  typeof value === "string" || typeof value === "number" ? String(value) : null;
