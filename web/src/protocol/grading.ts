/** The messages of grading's four doors, and what a page knows from them. Pure. */

import type { ErrorData } from "./messages";

export const BATCH_STATUSES = ["queued", "running", "paused", "cancelled", "completed"] as const;
export type BatchStatus = (typeof BATCH_STATUSES)[number];

export interface Progress {
  batchId: string;
  examId: string;
  totalTasks: number;
  completedTasks: number;
  processingTasks: number;
  failedTasks: number;
  status: BatchStatus;
  startTime: string | null;
  estimatedCompletion: string | null;
  /** Responses a second. */
  throughput: number;
}

export interface QualityMetrics {
  /** Null where no response was marked by a person and by the AI. */
  accuracyRate: number | null;
  consistencyScore: number | null;
  processingSpeed: number;
  errorRate: number;
  lastUpdated: string;
  doubleMarked: number;
}

export interface QualityAlert {
  alertId: string;
  metric: string;
  /** The rater it is about; empty for the whole exam. */
  about: string;
  value: number;
  threshold: number;
  level: "warning" | "critical";
  raisedAt: string;
  acknowledgedBy: string | null;
}

export interface GradingStatus {
  examId: string;
  status: string;
  /** Who is marking now, by user id. */
  participants: string[];
  remaining: number;
  marked: number;
}

export interface EvidenceSpan {
  quote: string;
  start: number;
  end: number;
  point_id?: string;
}

export interface GivenMark {
  rater: string;
  kind: string;
  points: number | null;
  comment: string;
  confidence: number | null;
  rationale: string;
  evidence: EvidenceSpan[];
}

export interface RubricPoint {
  point_id: string;
  text: string;
  points: number;
  alternatives?: string[];
}

export interface GradingTask {
  taskId: string;
  examId: string;
  questionId: string;
  questionType: string;
  response: string;
  imageUrl: string | null;
  rubric: RubricPoint[];
  maxPoints: number;
  step: number;
  questionText: string;
  modelAnswers: string[];
  guidance: string;
  /** `first`, `second` or `moderated`. */
  kind: string;
  /** How readable the scan is, 0 to 1; null for what was typed. */
  quality: number | null;
  marks: GivenMark[];
}

export interface GradingResult {
  taskId: string;
  examId: string;
  /** Null where the marks disagree. */
  points: number | null;
  status: string;
}

export interface UserNotification {
  id: string;
  level: "info" | "success" | "warning" | "error";
  title: string;
  message: string;
  link: string | null;
}

interface Payloads {
  GRADING_PROGRESS: Progress;
  SYSTEM_STATUS: Record<string, unknown>;
  USER_NOTIFICATION: UserNotification;
  HEARTBEAT: { server_time: string; last_seq: number; epoch: string };
  QUALITY_METRICS: { metrics: QualityMetrics };
  QUALITY_ALERT: QualityAlert;
  ALERT_RESOLVED: { alertId: string };
  GRADING_STATUS: GradingStatus;
  GRADING_TASK: GradingTask | null;
  GRADING_RESULT: GradingResult;
  ERROR: ErrorData;
}

export type GradingType = keyof Payloads;

export type GradingMessage = {
  [Type in GradingType]: {
    type: Type;
    timestamp: string;
    connection_id: string;
    data: Payloads[Type];
    error: string | null;
    message_id: string;
  };
}[GradingType];

const TYPES: ReadonlySet<string> = new Set<GradingType>([
  "GRADING_PROGRESS",
  "SYSTEM_STATUS",
  "USER_NOTIFICATION",
  "HEARTBEAT",
  "QUALITY_METRICS",
  "QUALITY_ALERT",
  "ALERT_RESOLVED",
  "GRADING_STATUS",
  "GRADING_TASK",
  "GRADING_RESULT",
  "ERROR",
]);

/** Null for what this app does not know: a newer server may say more. */
export function parseGradingMessage(frame: string): GradingMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { type, data } = value as { type?: unknown; data?: unknown };
  if (typeof type !== "string" || !TYPES.has(type)) return null;
  if (data === null && type !== "GRADING_TASK") return null;
  return value as GradingMessage;
}

/** A field of `data`, where it has one. */
export function fieldOf(message: GradingMessage, name: string): unknown {
  const { data } = message;
  return data === null ? undefined : (data as unknown as Record<string, unknown>)[name];
}

/** One point of a figure's course. `at` is epoch milliseconds. */
export interface TrendPoint {
  at: number;
  metrics: QualityMetrics;
}

export interface GradingView {
  progress: Progress | null;
  /** Done and failed at recent moments, for the curve. */
  course: readonly { at: number; done: number; throughput: number }[];
  metrics: QualityMetrics | null;
  trend: readonly TrendPoint[];
  /** Open alerts by id, in the order in which they were raised. */
  alerts: ReadonlyMap<string, QualityAlert>;
  status: GradingStatus | null;
  /** Undefined before one was asked for; null when none is left. */
  task: GradingTask | null | undefined;
  notices: readonly UserNotification[];
}

export const EMPTY_GRADING: GradingView = {
  progress: null,
  course: [],
  metrics: null,
  trend: [],
  alerts: new Map(),
  status: null,
  task: undefined,
  notices: [],
};

const COURSE_LIMIT = 240;
const TREND_LIMIT = 240;
const KEPT = 50;

const newest = <Item>(items: readonly Item[], item: Item, limit: number): Item[] => [...items.slice(1 - limit), item];

/** Whether `next` is later than `before`: what came over a slow line must not turn the bar back. */
function isLater(next: Progress, before: Progress | null): boolean {
  if (before === null || before.batchId !== next.batchId) return true;
  // What failed and is tried again counts anew.
  const retried = next.failedTasks < before.failedTasks;
  return retried || next.completedTasks + next.failedTasks >= before.completedTasks + before.failedTasks;
}

export function reduceGrading(view: GradingView, message: GradingMessage, now: number): GradingView {
  switch (message.type) {
    case "GRADING_PROGRESS": {
      const { data } = message;
      if (!isLater(data, view.progress)) return view;
      const point = { at: now, done: data.completedTasks + data.failedTasks, throughput: data.throughput };
      return { ...view, progress: data, course: newest(view.course, point, COURSE_LIMIT) };
    }
    case "QUALITY_METRICS": {
      const { metrics } = message.data;
      return { ...view, metrics, trend: newest(view.trend, { at: now, metrics }, TREND_LIMIT) };
    }
    case "QUALITY_ALERT":
      return { ...view, alerts: new Map(view.alerts).set(message.data.alertId, message.data) };
    case "ALERT_RESOLVED": {
      const alerts = new Map(view.alerts);
      alerts.delete(message.data.alertId);
      return { ...view, alerts };
    }
    case "GRADING_STATUS":
      return { ...view, status: message.data };
    case "GRADING_TASK":
      return { ...view, task: message.data };
    case "USER_NOTIFICATION":
      return { ...view, notices: newest(view.notices, message.data, KEPT) };
    default:
      return view;
  }
}
