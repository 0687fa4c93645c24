/** The calls of the HTTP API about exams, their submissions and their batches. */

import { call, download } from "./client";
import type { Language, Page } from "./types";

export const QUESTION_TYPES = [
  "single_choice",
  "multiple_choice",
  "true_false",
  "numeric",
  "fill_in",
  "short_answer",
  "essay",
] as const;
export type QuestionType = (typeof QUESTION_TYPES)[number];

export const CHOICE_SCORINGS = ["all_or_nothing", "per_option", "right_minus_wrong"] as const;
export type ChoiceScoring = (typeof CHOICE_SCORINGS)[number];

export interface ChoiceKey {
  type: "choice";
  options: { option_id: string; text: string }[];
  correct: string[];
  scoring: ChoiceScoring;
}

export interface TrueFalseKey {
  type: "true_false";
  correct: boolean;
}

export interface NumericKey {
  type: "numeric";
  value: number;
  tolerance: number;
  relative_tolerance: number;
  unit: string;
  unit_required: boolean;
  without_unit_share: number;
}

export interface FillInKey {
  type: "fill_in";
  blanks: { accepted: string[]; weight: number; exact: boolean }[];
  any_order: boolean;
}

export type AnswerKey = ChoiceKey | TrueFalseKey | NumericKey | FillInKey;

/** Something a free-text answer is expected to say. */
export interface ExpectedPoint {
  point_id: string;
  text: string;
  points: number;
  alternatives: string[];
}

/** A rectangle as shares of a page's width and height. */
export interface SheetBox {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where a question is answered on a printed sheet; each option of a choice has its bubble. */
export interface SheetPlace {
  page: number;
  box: SheetBox;
  bubbles: { option_id: string; box: SheetBox }[];
}

export interface QuestionFields {
  type: QuestionType;
  text: string;
  points: number;
  /** The smallest difference of points. */
  step: number;
  key: AnswerKey | null;
  model_answers: string[];
  rubric: ExpectedPoint[];
  guidance: string;
  image_url: string;
  place: SheetPlace | null;
}

export interface ExamQuestion extends QuestionFields {
  question_id: string;
  /** Counts the changes that touch grading, from 1. */
  version: number;
}

export const GRADERS = ["auto", "rubric", "learning", "llm"] as const;

/** How an exam is marked; shares are 0 to 1. */
export interface ExamSettings {
  blind: boolean;
  check_share: number;
  second_share: number;
  disagreement: number;
  tolerance: number;
  least_confidence: number;
  least_quality: number;
  seed_share: number;
  pause_on_alert: boolean;
  grader: (typeof GRADERS)[number];
}

export interface ExamLine {
  exam_id: string;
  title: string;
  created_by: string;
  created_at: string;
  released: boolean;
  question_count: number;
  submissions: number;
  responses: number;
  /** Responses that wait for a person. */
  waiting: number;
  marked: number;
}

export const MEMBER_ROLES = ["teacher", "reviewer", "grader"] as const;
export type MemberRole = (typeof MEMBER_ROLES)[number];

export interface Exam extends ExamLine {
  subject: string;
  language: Language;
  settings: ExamSettings;
  questions: ExamQuestion[];
  members: { user_id: string; role: string }[];
  my_role: string;
  by_status: Record<string, number>;
  marks_by_people: number;
  appeals_open: number;
  issues: number;
  open_alerts: number;
  max_points: number;
  seq: number;
}

export interface ExamHead {
  title: string;
  subject: string;
  language: Language;
  settings?: ExamSettings;
}

export interface QuestionVersion {
  seq: number;
  at: string;
  by: string;
  change: "created" | "changed" | "question_set" | "question_removed";
  question_id: string;
  regrades: boolean;
  question: ExamQuestion | null;
}

const V1 = "/api/v1";
const part = encodeURIComponent;
const exam = (id: string) => `${V1}/exams/${part(id)}`;
const PAGE = 50;

/** Whether somebody changes the exam itself; others mark, or decide between marks. */
export const mayTeach = (role: string): boolean => role === "teacher" || role === "admin";
export const mayDecide = (role: string): boolean => mayTeach(role) || role === "reviewer";

export const examKey = (id: string) => ["exam", id] as const;

export const listExams = (q: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<ExamLine>>("staff", `${V1}/exams`, { query: { q, cursor, limit: 20 }, signal });

export const createExam = (body: ExamHead, idempotencyKey: string) =>
  call<Exam>("staff", `${V1}/exams`, { method: "POST", body, idempotencyKey });

export const showExam = (id: string, signal?: AbortSignal) => call<Exam>("staff", exam(id), { signal });

export const changeExam = (id: string, body: Partial<ExamHead>) => call<Exam>("staff", exam(id), { method: "PATCH", body });

export const putQuestion = (id: string, questionId: string, body: QuestionFields) =>
  call<Exam>("staff", `${exam(id)}/questions/${part(questionId)}`, { method: "PUT", body });

export const removeQuestion = (id: string, questionId: string) =>
  call<Exam>("staff", `${exam(id)}/questions/${part(questionId)}`, { method: "DELETE" });

export const listVersions = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<QuestionVersion>>("staff", `${exam(id)}/versions`, { query: { cursor }, signal });

export const putMember = (id: string, userId: string, role: MemberRole) =>
  call<Exam>("staff", `${exam(id)}/members/${part(userId)}`, { method: "PUT", body: { role } });

export const removeMember = (id: string, userId: string) =>
  call<Exam>("staff", `${exam(id)}/members/${part(userId)}`, { method: "DELETE" });

export const setReleased = (id: string, released: boolean) =>
  call<Exam>("staff", `${exam(id)}/${released ? "release" : "withhold"}`, { method: "POST", body: {} });

// ---- submissions

export interface SubmissionLine {
  submission_id: string;
  exam_id: string;
  student_id: string;
  student_name: string;
  class_id: string;
  source: string;
  overall_quality: number | null;
  responses: number;
  marked: number;
  points: number;
  created_at: string;
}

export interface RowError {
  /** From 1, without the header. */
  row: number;
  field: string;
  message: string;
}

export type ImportMode = "preview" | "all" | "valid";

export interface Imported {
  rows: number;
  valid: number;
  stored: number;
  errors: RowError[];
  preview: { student_id: string; student_name: string; class_id: string; answers: Record<string, string> }[];
}

export const listSubmissions = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<SubmissionLine>>("staff", `${exam(id)}/submissions`, { query: { cursor, limit: PAGE }, signal });

export const importCsv = (id: string, content: string, mode: ImportMode) =>
  call<Imported>("staff", `${exam(id)}/submissions/csv?mode=${mode}`, {
    method: "POST",
    file: { type: "text/csv", content },
  });

export interface EvidenceSpan {
  quote: string;
  start: number;
  end: number;
  point_id: string;
}

export interface Mark {
  kind: string;
  rater: string;
  points: number | null;
  points_by: Record<string, number>;
  comment: string;
  reason: string;
  ai_status: string;
  confidence: number | null;
  evidence: EvidenceSpan[];
  rationale: string;
  feedback: string;
  stamp: { engine: string; version: string; model: string; marks: number } | null;
  question_version: number;
  batch_id: string;
  at: string | null;
}

/** A response with its points, as its student may see it. */
export interface ResultResponse {
  response_id: string;
  question_id: string;
  question_text: string;
  type: QuestionType | "";
  answer: string;
  chosen: string[];
  filled: string[];
  status: string;
  points: number | null;
  max_points: number | null;
  comment: string;
  feedback: string;
  evidence: EvidenceSpan[];
  has_image: boolean;
}

export interface StaffResponse extends ResultResponse {
  submission_id: string;
  student_id: string;
  quality: number | null;
  seed: boolean;
  marks: Mark[];
}

export interface ResultHead {
  exam_id: string;
  exam_title: string;
  submission_id: string;
  student_id: string;
  student_name: string;
  class_id: string;
  overall_quality: number | null;
  created_at: string;
  points: number;
  max_points: number;
  marked: number;
}

export interface Result extends ResultHead {
  responses: ResultResponse[];
}

export interface Submission extends ResultHead {
  responses: StaffResponse[];
}

export const showSubmission = (id: string, submissionId: string, signal?: AbortSignal) =>
  call<Submission>("staff", `${exam(id)}/submissions/${part(submissionId)}`, { signal });

// ---- batches

export const BATCH_PURPOSES = ["full", "trial", "regrade"] as const;
export type BatchPurpose = (typeof BATCH_PURPOSES)[number];

export interface Batch {
  batch_id: string;
  exam_id: string;
  purpose: BatchPurpose;
  status: "queued" | "running" | "paused" | "cancelled" | "completed";
  question_ids: string[];
  total: number;
  completed: number;
  failed: number;
  processing: number;
  throughput: number;
  created_by: string;
  created_at: string;
  started_at: string | null;
  estimated_completion: string | null;
  ended_at: string | null;
  active_s: number;
  seq: number;
}

export interface Estimate {
  responses: number;
  model_calls: number;
  questions: { question_id: string; responses: number; by_model: boolean }[];
}

export const listBatches = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Batch>>("staff", `${exam(id)}/batches`, { query: { cursor, limit: 20 }, signal });

export const startBatch = (id: string, purpose: BatchPurpose, idempotencyKey: string) =>
  call<Batch>("staff", `${exam(id)}/batches`, { method: "POST", body: { purpose }, idempotencyKey });

export const estimateBatch = (id: string, again: boolean, signal?: AbortSignal) =>
  call<Estimate>("staff", `${exam(id)}/batches/estimate`, { method: "POST", body: { again }, signal });

export const showBatch = (batchId: string, signal?: AbortSignal) =>
  call<Batch>("staff", `${V1}/batches/${part(batchId)}`, { signal });

export const listFailures = (batchId: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<{ response_id: string; reason: string }>>("staff", `${V1}/batches/${part(batchId)}/failures`, {
    query: { cursor, limit: PAGE },
    signal,
  });

/** A picture of a scanned response. */
export const scanOf = (url: string, signal?: AbortSignal) => download("staff", url, signal);
