/** The words and signs for states, figures and marks, in one place. */

import type { Batch } from "@/api/exams";
import type { Tone } from "@/ui/primitives";
import type { TextKey } from "@/ui/text";

export const BATCH_TONES: Record<Batch["status"], Tone> = {
  queued: "plain",
  running: "live",
  paused: "warn",
  cancelled: "danger",
  completed: "done",
};

/** The figures of quality; the first four are the exam's, the others a rater's. */
export const METRICS = ["accuracyRate", "consistencyScore", "processingSpeed", "errorRate", "severity", "drift"] as const;
export type Metric = (typeof METRICS)[number];

const METRIC_KEYS: Record<Metric, TextKey> = {
  accuracyRate: "metric.accuracy",
  consistencyScore: "metric.consistency",
  processingSpeed: "metric.speed",
  errorRate: "metric.errors",
  severity: "metric.severity",
  drift: "metric.drift",
};

export const asMetric = (name: string): Metric | undefined => METRICS.find((metric) => metric === name);

export const metricKey = (metric: Metric): TextKey => METRIC_KEYS[metric];

/** Whether a figure is bad below its threshold rather than above it. */
export const isFloor = (metric: Metric): boolean =>
  metric === "accuracyRate" || metric === "consistencyScore" || metric === "processingSpeed";

/** Whether a figure is a share, shown in per cent. */
export const isShare = (metric: Metric): boolean => metric !== "consistencyScore" && metric !== "processingSpeed";

const MARK_KINDS = ["ai", "first", "second", "check", "moderated", "override", "appeal"] as const;

export function markKindKey(kind: string): TextKey {
  const known = MARK_KINDS.find((item) => item === kind);
  return known === undefined ? "mark_kind.first" : `mark_kind.${known}`;
}

/** The points a question can earn, from 0 up; null where there are too many to choose from. */
export function stepsOf(maximum: number, step: number): number[] | null {
  const count = Math.round(maximum / step);
  if (!Number.isFinite(count) || count < 1 || count > 40) return null;
  return Array.from({ length: count + 1 }, (_, index) => Math.round(index * step * 1e6) / 1e6);
}
