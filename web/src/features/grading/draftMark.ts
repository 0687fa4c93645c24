/** A mark as it is being made. Pure. */

import type { RubricPoint } from "@/protocol/grading";

export interface DraftMark {
  points: number | null;
  /** The points of the rubric that the answer earns. */
  earned: string[];
  comment: string;
  reason: string;
}

export const NO_MARK: DraftMark = { points: null, earned: [], comment: "", reason: "" };

export const isDraftMark = (value: unknown): value is DraftMark =>
  typeof value === "object" &&
  value !== null &&
  "points" in value &&
  Array.isArray((value as { earned?: unknown }).earned) &&
  typeof (value as { comment?: unknown }).comment === "string" &&
  typeof (value as { reason?: unknown }).reason === "string";

/** Ticks a point of the rubric, or takes it back; the points follow, on the question's steps. */
export function withEarned(
  draft: DraftMark,
  pointId: string,
  earned: boolean,
  rubric: readonly RubricPoint[],
  scale: { maximum: number; step: number },
): DraftMark {
  const now = earned ? [...draft.earned, pointId] : draft.earned.filter((other) => other !== pointId);
  const sum = rubric.filter((point) => now.includes(point.point_id)).reduce((total, point) => total + point.points, 0);
  const steps = Math.round(Math.min(sum, scale.maximum) / scale.step);
  return { ...draft, earned: now, points: Math.min(scale.maximum, Math.round(steps * scale.step * 1e6) / 1e6) };
}

/** Points by the rubric's ids, as the server takes them. */
export const criteriaOf = (draft: DraftMark, rubric: readonly RubricPoint[]): Record<string, number> =>
  Object.fromEntries(rubric.map((point) => [point.point_id, draft.earned.includes(point.point_id) ? point.points : 0]));
