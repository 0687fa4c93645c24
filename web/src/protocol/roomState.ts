/** What a room is to one viewer, and what can be read off it. */

import { type Clock, elapsed, STOPPED } from "./clock";
import type { ErrorData } from "./messages";
import type { ParticipantData, ParticipantRole } from "./roomMessages";

export type RoomStatus = "scheduled" | "waiting" | "live" | "paused" | "ended" | "stopped";

export interface Participant {
  user_id: string;
  name: string;
  role: ParticipantRole | null;
  present: boolean;
}

export interface Question {
  question_id: string;
  text: string;
  /** When it was asked, in seconds of session time: the time for which the room stands still counts neither here nor there. */
  at_s: number;
  limit_s: number | null;
}

export interface Answer {
  key: string;
  question_id: string;
  user_id: string;
  /** Null for viewers who may know only that there is an answer. */
  text: string | null;
  response_s: number | null;
  /** How often this person answered the question, this time included. */
  version: number;
  at: number | null;
}

export interface Caption {
  key: string;
  user_id: string;
  text: string;
  /** The question under way when it was said. */
  question_id: string | null;
  at: number | null;
}

export interface ChatMessage {
  key: string;
  user_id: string;
  text: string;
  type: string;
  client_id: string | null;
  at: number | null;
}

export interface HelpRequest {
  help_id: string;
  user_id: string;
  help_type: string;
  question_id: string | null;
  note: string;
  at: number | null;
}

export interface Ending {
  how: "ended" | "stopped";
  by: string;
  reason: string;
  at: number | null;
}

export interface Announcement {
  key: string;
  text: string;
  level: string;
}

export interface Room {
  status: RoomStatus;
  participants: readonly Participant[];
  question: Question | null;
  /** Questions asked so far, the newest last, by id. */
  asked: readonly Question[];
  answers: readonly Answer[];
  captions: readonly Caption[];
  /** What somebody is saying, as far as it was understood. */
  hearing: Readonly<Record<string, string>>;
  chat: readonly ChatMessage[];
  /** Since when somebody has been typing, epoch milliseconds on this machine. */
  typing: Readonly<Record<string, number>>;
  help: readonly HelpRequest[];
  recording: readonly string[];
  announcements: readonly Announcement[];
  ending: Ending | null;
  clock: Clock;
  error: ErrorData | null;
  /** The newest position told. What is not newer is a repeat. */
  last_seq: number;
  /** Messages that carry an id but no newer position are known by it. */
  seen: ReadonlySet<string>;
}

export const EMPTY_ROOM: Room = {
  status: "scheduled",
  participants: [],
  question: null,
  asked: [],
  answers: [],
  captions: [],
  hearing: {},
  chat: [],
  typing: {},
  help: [],
  recording: [],
  announcements: [],
  ending: null,
  clock: STOPPED,
  error: null,
  last_seq: 0,
  seen: new Set(),
};

const STATUSES: readonly RoomStatus[] = ["scheduled", "waiting", "live", "paused", "ended", "stopped"];

export const asStatus = (value: unknown): RoomStatus | null => STATUSES.find((status) => status === value) ?? null;

export const isOver = (status: RoomStatus): boolean => status === "ended" || status === "stopped";

/** Seconds of session time since the question was asked. */
export const questionAge = (question: Question, clock: Clock, now: number): number =>
  Math.max(0, elapsed(clock, now) - question.at_s);

/** Seconds left for the question; null when it has no limit. */
export const questionLeft = (question: Question, clock: Clock, now: number): number | null =>
  question.limit_s === null ? null : Math.max(0, question.limit_s - questionAge(question, clock, now));

export const nameOf = (room: Room, userId: string): string => {
  const name = room.participants.find((participant) => participant.user_id === userId)?.name;
  return name === undefined || name === "" ? userId : name;
};

export const asParticipant = (data: ParticipantData): Participant => ({
  user_id: String(data.user_id),
  name: data.name ?? "",
  role: data.role,
  present: !["left", "away", "absent", "disconnected", "offline"].includes(data.status ?? "present"),
});
