/** The calls of the HTTP API about panels and what their candidates are judged by. */

import { call, download } from "./client";
import type { AudibleSpan } from "@/protocol/audible";
import type { Place } from "./credentials";
import type {
  Difference,
  Invitation,
  Language,
  OwnScorecard,
  OwnScorecardRequest,
  Page,
  Recommendation,
  Rubric,
  Scorecard,
  Session,
  Visibility,
} from "./types";

// ---- rubrics

/** A text in the languages it was written in. */
export type Localised = Partial<Record<Language, string>>;

export interface RubricCriterion {
  criterion_id: string;
  name: Localised;
  description?: Localised;
  /** The anchors of level 1 to 5. */
  levels: Localised[];
  weight?: number;
  keywords?: string[];
}

export interface StoredRubric {
  rubric_id: string;
  version: string;
  title: string;
  languages: Language[];
  criteria: RubricCriterion[];
  built_in: boolean;
  updated_at: string | null;
}

export interface RubricBody {
  title: string;
  criteria: RubricCriterion[];
}

const V1 = "/api/v1";
const rubric = (id: string) => `${V1}/rubrics/${encodeURIComponent(id)}`;

export const listRubrics = (cursor: string | null, signal?: AbortSignal) =>
  call<Page<StoredRubric>>("staff", `${V1}/rubrics`, { query: { cursor, limit: 50 }, signal });

export const showRubric = (place: Place, id: string, version: string | null, signal?: AbortSignal) =>
  call<StoredRubric>(place, rubric(id), { query: { version }, signal });

export const createRubric = (body: RubricBody, idempotencyKey: string) =>
  call<StoredRubric>("staff", `${V1}/rubrics`, { method: "POST", body, idempotencyKey });

export const addRubricVersion = (id: string, body: RubricBody & { expected_version: string }, idempotencyKey: string) =>
  call<StoredRubric>("staff", `${rubric(id)}/versions`, { method: "POST", body, idempotencyKey });

// ---- panels

export interface PanelRequest {
  kind: "panel";
  title: string;
  language: Language;
  role: string;
  job_description: string;
  evaluation_visibility: Visibility;
  rubric_id: string;
  candidates: { name: string }[];
}

export interface PanelSession extends Session {
  rubric?: { rubric_id: string; version: string; title: string } | null;
}

const panel = (id: string) => `${V1}/sessions/${encodeURIComponent(id)}`;

export const createPanel = (body: PanelRequest, idempotencyKey: string) =>
  call<PanelSession>("staff", `${V1}/sessions`, { method: "POST", body, idempotencyKey });

export const showPanel = (place: Place, id: string, signal?: AbortSignal) => call<PanelSession>(place, panel(id), { signal });

export const PANEL_ROLES = ["interviewer", "candidate", "observer"] as const;
export type PanelRole = (typeof PANEL_ROLES)[number];

export const inviteToPanel = (id: string, body: { name: string; role: PanelRole; expires_in_hours: number }) =>
  call<Invitation>("staff", `${panel(id)}/invitations`, { method: "POST", body });

/** A scorecard of one candidate. */
export interface PanelScorecard extends OwnScorecard {
  subject: string;
}

export const listScorecards = (place: Place, id: string, signal?: AbortSignal) =>
  call<{ items: PanelScorecard[] }>(place, `${panel(id)}/scorecards`, { signal });

export const submitPanelScorecard = (place: Place, id: string, body: OwnScorecardRequest & { candidate: string }) =>
  call<PanelScorecard>(place, `${panel(id)}/scorecards`, { method: "POST", body });

export const adjudicate = (place: Place, id: string, body: OwnScorecardRequest & { candidate: string }) =>
  call<unknown>(place, `${panel(id)}/adjudications`, { method: "POST", body });

// ---- the report

export interface SpeakerStats {
  utterances: number;
  talk_time: number;
  share: number;
  words: number;
  questions: number;
  interruptions: number;
  interrupted: number;
}

export interface PanelLine {
  utterance_id: string;
  speaker_id: string;
  speaker: string;
  role: string;
  text: string;
  start: number;
  end: number;
  uncertain: boolean;
  overlapped: boolean;
  audio: AudibleSpan[];
}

export interface ReportCandidate {
  speaker_id: string;
  speaker: string;
  sealed: boolean;
  scorecard: Scorecard | null;
  history: { at_s: number; final: boolean; overall: number | null; scores: Record<string, number | null> }[];
  own_scorecards: OwnScorecard[];
  differences: Difference[];
  adjudication: {
    by_name: string;
    criteria: OwnScorecardRequest["criteria"];
    recommendation: Recommendation;
    comment: string;
  } | null;
}

export interface PanelReport {
  session_id: string;
  generated_at: string;
  language: Language;
  visibility: Visibility;
  sealed: boolean;
  summary: {
    role: string;
    started_at: string | null;
    ended_at: string | null;
    duration_s: number;
    questions_asked: number;
    answers: number;
    words: number;
    coverage: { planned: number; covered: number; ratio: number | null };
  };
  rubric: Rubric;
  speakers: { speaker_id: string; speaker: string; role: string; stats: SpeakerStats }[];
  candidates: ReportCandidate[];
  questions: { utterance_id: string; text: string; at_s: number; asked_by: string; answered_by: string[] }[];
  transcript: PanelLine[];
  notes: { note_id: string; speaker: string; speaker_id: string; note: string; author: string; at_s: number }[];
  notices: string[];
}

export const showPanelReport = (place: Place, id: string, signal?: AbortSignal) =>
  call<PanelReport>(place, `${panel(id)}/report`, { signal });

export const REPORT_FILES = ["pdf", "csv", "xlsx"] as const;
export type ReportFile = (typeof REPORT_FILES)[number];

/** The report as a file; a PDF is about one candidate. */
export const panelReportFile = (place: Place, id: string, file: ReportFile, candidate: string) =>
  download(place, `${panel(id)}/report.${file}`, undefined, file === "pdf" ? { candidate } : {});
