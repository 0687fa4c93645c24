/** The HTTP API's shapes, as far as the web app uses them. */

import type { AudibleSpan } from "@/protocol/audible";
import type { CriterionScore, Evidence } from "@/protocol/scores";
import type { AudioPlace, Flag, HistoryMessage, Language, Strategy } from "@/protocol/messages";

export type { CriterionScore, Evidence };
export type { AudioPlace, Flag, HistoryMessage, Language, Strategy };

export interface VoiceState {
  state: "ready" | "fetching" | "off";
  /** How much of the models is there, 0 to 1; null where nothing is being fetched. */
  fetched: number | null;
}

export type UserRole =
  | "admin"
  | "recruiter"
  | "interviewer"
  | "observer"
  | "candidate"
  | "teacher"
  | "grader"
  | "reviewer"
  | "student";

export interface User {
  user_id: string;
  name: string;
  email: string | null;
  role: UserRole;
  language: string | null;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user: User;
}

export interface AcceptedInvitation extends Tokens {
  session_id: string;
}

export const STYLES = ["formal", "friendly", "technical", "relaxed"] as const;
export type InterviewStyle = (typeof STYLES)[number];

export const STATUSES = ["scheduled", "waiting", "live", "paused", "ended", "stopped"] as const;
export type SessionStatus = (typeof STATUSES)[number];

export type Visibility = "sealed" | "live";
export type ReportState = "none" | "pending" | "ready" | "failed";

export interface InterviewRequest {
  kind: "dialogue";
  title?: string;
  language: Language;
  role: string;
  interview_style: InterviewStyle;
  competencies: string[];
  duration_minutes: number;
  job_description: string;
  resume: string;
  candidate_name: string;
  evaluation_visibility: Visibility;
}

export interface Session {
  session_id: string;
  kind: string;
  title: string | null;
  status: SessionStatus;
  language: Language;
  role: string;
  interview_style: InterviewStyle;
  competencies: string[];
  duration_minutes: number;
  job_description: string;
  resume: string;
  candidate_name: string;
  evaluation_visibility: Visibility;
  created_by: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
  elapsed_s: number;
  remaining_s: number | null;
  answered: number;
  last_seq: number;
  epoch: string | number;
  report: ReportState;
  report_url: string | null;
  my_role: UserRole;
  /** By purpose; null before the candidate was asked. */
  consent: Record<string, boolean> | null;
  connected: boolean;
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface Competency {
  competency: string;
  name: string;
  description: string;
}

export interface PlannedCompetency {
  competency: string;
  name: string;
  minutes: number;
  why: string;
  questions: { question_id: string; text: string }[];
}

export interface PlanPreview {
  competencies: PlannedCompetency[];
}

export type InvitationStatus = "open" | "accepted" | "revoked" | "expired";

export interface Invitation {
  invitation_id: string;
  name: string;
  role: string;
  expires_at: string;
  status: InvitationStatus;
  /** Only in the answer that created it. */
  url?: string;
  token?: string;
}

export interface Utterance {
  utterance_id: string;
  speaker: string;
  text: string;
  start: number;
  end: number;
  confidence: number | null;
  question_id: string | null;
  in_answer_to: string;
  competency: string;
  audio?: AudibleSpan[];
  disputes?: Dispute[];
}

/** Characters [`at`, `at + length`) that the candidate says were misheard as `heard`; they stand corrected, or do not count. */
export interface Dispute {
  at: number;
  length: number;
  heard: string;
  correction: string;
}

/** Something that this person said aloud, to be listened to and confirmed. */
export interface SpokenInput {
  utterance_id: string;
  text: string;
  in_answer_to: string;
  confidence: number | null;
  audio: AudioPlace;
  flag: Flag | null;
}

export interface Transcript {
  session_id: string;
  language: Language;
  utterances: Utterance[];
  /** One's own spoken words, while they may be flagged. */
  spoken: SpokenInput[];
  confirmation: { status: "none" | "open" | "awaiting" | "confirmed" | "lapsed"; confirm_by: string | null };
}

export interface EngineStamp {
  engine: string;
  version: string;
  model: string;
  prompt_version: string;
  rubric_id: string;
  rubric_version: string;
}

export interface Scorecard {
  subject: string;
  language: Language;
  criteria: CriterionScore[];
  overall: number | null;
  strengths: string[];
  gaps: string[];
  produced_by: EngineStamp;
}

export interface Criterion {
  criterion_id: string;
  name: string;
  description: string;
  levels: { level: number; anchor: string }[];
  weight: number;
}

export interface Rubric {
  rubric_id: string;
  version: string;
  language: Language;
  criteria: Criterion[];
}

export interface TimelinePoint {
  at_s: number;
  strategy: Strategy | "";
  focus_area: string;
  question_id: string | null;
  reason: string;
  answer_words: number;
  /** 0 to 1; null where nothing was judged or the report is sealed. */
  answer_quality: number | null;
}

export const RECOMMENDATIONS = ["definitely_no", "no", "no_decision", "yes", "strong_yes"] as const;
export type Recommendation = (typeof RECOMMENDATIONS)[number];

export interface OwnScorecardRequest {
  criteria: { criterion_id: string; score: number | null; comment: string }[];
  recommendation: Recommendation;
  comment: string;
}

export interface OwnScorecard extends OwnScorecardRequest {
  scorecard_id: string;
  author_id: string;
  author_name: string;
  submitted_at: string;
}

export interface Difference {
  criterion_id: string;
  ai: number | null;
  human: number | null;
  delta: number | null;
}

export interface Report {
  session_id: string;
  generated_at: string;
  language: Language;
  visibility: Visibility;
  sealed: boolean;
  summary: {
    role: string;
    candidate_name: string;
    interview_style: InterviewStyle;
    started_at: string | null;
    ended_at: string | null;
    end_reason: string | null;
    duration_s: number;
    questions_asked: number;
    answers: number;
    words: number;
    coverage: { planned: number; covered: number; ratio: number | null };
  };
  scorecard: Scorecard;
  rubric: Rubric;
  transcript: Utterance[];
  timeline: TimelinePoint[];
  notices: string[];
  own_scorecards: OwnScorecard[];
  differences: Difference[];
}
