/** The calls of the HTTP API about marks: giving them, deciding between them, their quality, and what came of them. */

import { call, download } from "./client";
import type { Result, StaffResponse } from "./exams";
import type { Page } from "./types";

const V1 = "/api/v1";
const part = encodeURIComponent;
const exam = (id: string) => `${V1}/exams/${part(id)}`;
const PAGE = 50;

// ---- marking

export interface GradeRequest {
  points: number;
  comment: string;
  reason: string;
}

export interface Graded {
  response_id: string;
  status: string;
  points: number | null;
  seq: number;
}

export const listDisagreements = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<StaffResponse>>("staff", `${exam(id)}/responses`, { query: { status: "to_moderate", cursor, limit: 20 }, signal });

/** Decides between marks that disagree, or changes a grade that stands. */
export const decideGrade = (
  id: string,
  responseId: string,
  how: "moderate" | "override",
  body: GradeRequest,
  idempotencyKey: string,
) => call<Graded>("staff", `${exam(id)}/responses/${part(responseId)}/${how}`, { method: "POST", body, idempotencyKey });

export interface Issue {
  issue_id: string;
  task_id: string;
  submission_id: string;
  reported_by: string;
  text: string;
  created_at: string;
}

export const listIssues = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Issue>>("staff", `${exam(id)}/issues`, { query: { cursor, limit: 20 }, signal });

// ---- quality

export interface Quality {
  metrics: {
    accuracyRate: number | null;
    consistencyScore: number | null;
    processingSpeed: number;
    errorRate: number;
    lastUpdated: string;
    doubleMarked: number;
  };
  questions: {
    question_id: string;
    marks: number;
    accuracy: number | null;
    kappa: number | null;
    exact: number | null;
    bias: number | null;
  }[];
  /** As shares of the maximum: a `severity` below 0 is severe. */
  raters: { rater: string; marks: number; severity: number; drift: number | null }[];
}

/** How often a person gave what (rows) where the AI gave what (columns). */
export interface Matrix {
  question_id: string;
  points: number[];
  counts: number[][];
}

export interface Alert {
  alert_id: string;
  metric: string;
  about: string;
  value: number;
  threshold: number;
  level: "warning" | "critical";
  raised_at: string;
  acknowledged_by: string;
  acknowledged_at: string | null;
  resolved_at: string | null;
}

export interface Thresholds {
  items: { metric: string; threshold: number }[];
}

export const showQuality = (id: string, signal?: AbortSignal) => call<Quality>("staff", `${exam(id)}/quality`, { signal });

export const showMatrix = (id: string, questionId: string, signal?: AbortSignal) =>
  call<Matrix>("staff", `${exam(id)}/quality/matrix`, { query: { question_id: questionId }, signal });

export const listAlerts = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Alert>>("staff", `${exam(id)}/alerts`, { query: { cursor, limit: 20 }, signal });

export const listThresholds = (id: string, signal?: AbortSignal) =>
  call<Thresholds>("staff", `${exam(id)}/thresholds`, { signal });

// ---- results and appeals

export interface ResultRow {
  submission_id: string;
  student_id: string;
  student_name: string;
  class_id: string;
  points: number;
  max_points: number;
  marked: number;
  by_question: Record<string, number | null>;
}

export interface MyResultLine {
  exam_id: string;
  exam_title: string;
  submission_id: string;
  points: number;
  max_points: number;
  marked: number;
  responses: number;
  created_at: string;
}

export interface Appeal {
  appeal_id: string;
  exam_id: string;
  submission_id: string;
  response_id: string;
  student_id: string;
  text: string;
  status: "open" | "upheld" | "rejected";
  answer: string;
  answered_by: string;
  answered_at: string | null;
  created_at: string;
}

export interface AppealInFull extends Appeal {
  given: StaffResponse | null;
}

export const listResults = (id: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<ResultRow>>("staff", `${exam(id)}/results`, { query: { cursor, limit: PAGE }, signal });

export const downloadResults = (id: string) => download("staff", `${exam(id)}/results.csv`);

export const listMyResults = (cursor: string | null, signal?: AbortSignal) =>
  call<Page<MyResultLine>>("staff", `${V1}/my/results`, { query: { cursor, limit: 20 }, signal });

export const showMyResult = (id: string, signal?: AbortSignal) =>
  call<Result>("staff", `${V1}/my/results/${part(id)}`, { signal });

export const listMyAppeals = (id: string, signal?: AbortSignal) =>
  call<Page<Appeal>>("staff", `${V1}/my/appeals`, { query: { exam_id: id, limit: 100 }, signal });

export const openAppeal = (id: string, responseId: string, text: string, idempotencyKey: string) =>
  call<Appeal>("staff", `${exam(id)}/responses/${part(responseId)}/appeals`, {
    method: "POST",
    body: { text },
    idempotencyKey,
  });

export const listAppeals = (id: string, status: Appeal["status"] | null, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Appeal>>("staff", `${exam(id)}/appeals`, { query: { status, cursor, limit: 20 }, signal });

export const showAppeal = (appealId: string, signal?: AbortSignal) =>
  call<AppealInFull>("staff", `${V1}/appeals/${part(appealId)}`, { signal });

export const answerAppeal = (appealId: string, answer: string, points: number | null, idempotencyKey: string) =>
  call<Appeal>("staff", `${V1}/appeals/${part(appealId)}/answer`, {
    method: "POST",
    body: { answer, ...(points === null ? {} : { points }) },
    idempotencyKey,
  });
