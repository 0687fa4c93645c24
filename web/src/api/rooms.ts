/** The calls of the HTTP API about rooms and what is asked in them. */

import { call } from "./client";
import type { Place } from "./credentials";
import type { Invitation, Language, Page, Session } from "./types";

export interface QuestionCriterion {
  name: string;
  description: string;
  weight: number;
}

export interface QuestionRubric {
  criteria: QuestionCriterion[];
  /** What a good answer says. */
  expected_points: string[];
}

export interface RoomQuestion {
  question_id: string;
  text: string;
  /** Null: take your time. */
  time_limit_s: number | null;
  competency: string;
  rubric: QuestionRubric | null;
}

export interface QuestionSetLine {
  question_set_id: string;
  version: number;
  title: string;
  language: Language;
  question_count: number;
  time_s: number;
}

export interface QuestionSet extends QuestionSetLine {
  questions: RoomQuestion[];
}

export interface NewQuestion {
  text: string;
  time_limit_s: number | null;
  rubric: QuestionRubric | null;
}

export interface RoomRequest {
  kind: "room";
  title: string;
  language: Language;
  question_set_id?: string;
  /** ISO 8601. */
  scheduled_at?: string;
}

export const ROOM_ROLES = ["candidate", "interviewer", "observer"] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];

const V1 = "/api/v1";
const room = (id: string) => `${V1}/sessions/${encodeURIComponent(id)}`;

export const listQuestionSets = (language: Language, signal?: AbortSignal) =>
  call<Page<QuestionSetLine>>("staff", `${V1}/question-sets`, { query: { language, limit: 100 }, signal });

export const showQuestionSet = (id: string, signal?: AbortSignal) =>
  call<QuestionSet>("staff", `${V1}/question-sets/${encodeURIComponent(id)}`, { signal });

export const createQuestionSet = (
  body: { title: string; language: Language; questions: NewQuestion[] },
  idempotencyKey: string,
) => call<QuestionSet>("staff", `${V1}/question-sets`, { method: "POST", body, idempotencyKey });

export const createRoom = (body: RoomRequest, idempotencyKey: string) =>
  call<Session>("staff", `${V1}/sessions`, { method: "POST", body, idempotencyKey });

export const inviteToRoom = (id: string, body: { name: string; role: RoomRole; expires_in_hours: number }) =>
  call<Invitation>("staff", `${room(id)}/invitations`, { method: "POST", body });

export interface Room extends Session {
  /** When it is to begin, ISO 8601. */
  scheduled_at?: string | null;
}

export const showRoom = (place: Place, id: string, signal?: AbortSignal) => call<Room>(place, room(id), { signal });

/** The prepared questions of a room, for those who lead it. */
export const roomQuestions = (place: Place, id: string, signal?: AbortSignal) =>
  call<{ questions: RoomQuestion[] }>(place, `${room(id)}/questions`, { signal });
