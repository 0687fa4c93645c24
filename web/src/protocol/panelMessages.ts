/** The panel door's messages, as the web app reads them. There is no envelope; unknown types and fields are ignored. */

import type { ErrorData } from "./messages";
import type { CriterionScore } from "./scores";

export const SPEAKER_ROLES = ["interviewer", "candidate", "unknown"] as const;
export type SpeakerRole = (typeof SPEAKER_ROLES)[number];

export interface SpeakerItem {
  speaker_id: string;
  label: string;
  name: string;
  role: SpeakerRole;
  participant_id: string;
  /** A candidate who takes no part (any more): not recorded, not judged. */
  withdrew: boolean;
}

export interface UtteranceItem {
  utterance_id: string;
  speaker_id: string;
  text: string;
  /** Seconds of session time. */
  start: number;
  end: number;
  confidence: number | null;
  /** How sure it is whose it is, 0 to 1; null where nobody can tell. */
  attribution: number | null;
  /** Not sure enough to be scored. */
  uncertain: boolean;
  overlapped: boolean;
  recording_id: string;
  audio_start: number;
  audio_end: number;
}

/** What has been understood so far of what is being said. */
export interface HearingItem {
  text: string;
  recording_id: string;
  /** Whose voice it sounds like; null until that is known. Somebody of whom there is no utterance yet has no name. */
  speaker_id: string | null;
  /** Seconds of session time. */
  start: number;
  end: number;
}

export interface NoteItem {
  note_id: string;
  note: string;
  speaker_id: string;
  author: string;
  author_id: string;
  at_s: number;
}

/** A candidate's scores at one time; null where they are sealed for this viewer. */
export interface EvaluationItem {
  speaker_id: string;
  at_s: number;
  final: boolean;
  sealed: boolean;
  score: number | null;
  feedback: string | null;
  keywords: string[];
  criteria: CriterionScore[];
}

export interface PanelSnapshot {
  status: string;
  duration: number;
  speakers: SpeakerItem[];
  transcripts: UtteranceItem[];
  evaluations: EvaluationItem[];
  speaker_notes: Record<string, NoteItem[]>;
}

interface Position {
  seq: number;
  private_seq?: number;
  event_id?: string;
  client_id?: string | null;
}

interface Start {
  recovered: boolean;
  last_seq: number;
  epoch: string;
  private_seq: number;
}

export type PanelMessage =
  | ({ type: "connected" } & Start)
  | ({ type: "snapshot"; state: PanelSnapshot } & Omit<Start, "recovered">)
  | ({ type: "utterance" } & UtteranceItem & Position)
  | ({ type: "partial" } & HearingItem)
  | ({ type: "utterances_reassigned"; changes: Reassigned[] } & Position)
  | ({ type: "utterance_divided"; utterance: UtteranceItem; rest: UtteranceItem } & Position)
  | ({ type: "speaker_updated" } & SpeakerItem & Position)
  | ({ type: "speakers_merged"; speaker_id: string; into: string } & Position)
  | ({ type: "note_saved"; note: string; speaker_id: string; author: string; author_id: string; at_s: number } & Position)
  | ({ type: "evaluation_updated"; evaluation: EvaluationItem } & Position)
  | ({ type: "scorecards_updated"; what: string; speaker_id: string } & Position)
  | { type: "evaluation_summary"; summary: { candidates: EvaluationItem[] } }
  | ({ type: "session_ended" } & Position)
  | { type: "saved"; seq: number; client_id?: string | null }
  | { type: "audio_ack"; received_ms: number; received_bytes: number; recording_id: string; last: boolean }
  | { type: "ping"; timestamp: string }
  | { type: "pong"; timestamp: string }
  | { type: "error"; data: ErrorData };

export interface Reassigned {
  utterance_id: string;
  speaker_id: string;
  attribution: number | null;
  uncertain: boolean;
}

const KNOWN: Record<PanelMessage["type"], true> = {
  connected: true,
  snapshot: true,
  utterance: true,
  partial: true,
  utterances_reassigned: true,
  utterance_divided: true,
  speaker_updated: true,
  speakers_merged: true,
  note_saved: true,
  evaluation_updated: true,
  scorecards_updated: true,
  evaluation_summary: true,
  session_ended: true,
  saved: true,
  audio_ack: true,
  ping: true,
  pong: true,
  error: true,
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads one text frame. Null for what is not ours. Errors come as elsewhere: the code in `error`, a sentence beside. */
export function parsePanelMessage(frame: string): PanelMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["type"] !== "string" || !Object.hasOwn(KNOWN, value["type"])) return null;
  if (value["type"] !== "error") return value as unknown as PanelMessage;
  const { code, error, details, info } = value;
  const data = {
    error: typeof code === "string" ? code : "internal",
    message: typeof error === "string" ? error : "",
    details: typeof details === "string" ? details : "",
    info: isObject(info) ? info : {},
  };
  return { type: "error", data };
}

/** The command that a message answers; null where it names none. */
export function answeredBy(message: PanelMessage): string | null {
  const id = message.type === "error" ? message.data.info?.["client_id"] : (message as { client_id?: unknown }).client_id;
  return typeof id === "string" ? id : null;
}

/** What tells a stored message from every other; null for what is not stored. */
export function identityOf(message: PanelMessage): string | null {
  const id = (message as { event_id?: unknown }).event_id;
  return typeof id === "string" && id !== "" ? `${message.type}:${id}` : null;
}
