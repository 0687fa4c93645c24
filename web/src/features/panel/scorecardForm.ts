/** A person's own scorecard of one candidate while it is filled in. Pure. */

import { type Criterion, type OwnScorecardRequest, type Recommendation, RECOMMENDATIONS } from "@/api/types";

/** By criterion: a level from 1 to 5, `none` where there was not enough to judge, empty while it is open. */
export interface ScorecardForm {
  marks: Record<string, string>;
  recommendation: Recommendation | "";
  comment: string;
}

export const EMPTY_SCORECARD: ScorecardForm = { marks: {}, recommendation: "", comment: "" };

export function isScorecardForm(value: unknown): value is ScorecardForm {
  if (typeof value !== "object" || value === null) return false;
  const { marks, recommendation, comment } = value as Record<string, unknown>;
  return (
    typeof marks === "object" &&
    marks !== null &&
    Object.values(marks).every((mark) => typeof mark === "string") &&
    (recommendation === "" || RECOMMENDATIONS.includes(recommendation as Recommendation)) &&
    typeof comment === "string"
  );
}

export const openMarks = (form: ScorecardForm, criteria: readonly Criterion[]): string[] =>
  criteria.filter(({ criterion_id }) => (form.marks[criterion_id] ?? "") === "").map(({ criterion_id }) => criterion_id);

/** Null while something is missing. */
export function toScorecard(form: ScorecardForm, criteria: readonly Criterion[]): OwnScorecardRequest | null {
  const { recommendation } = form;
  if (recommendation === "" || openMarks(form, criteria).length > 0) return null;
  return {
    criteria: criteria.map(({ criterion_id }) => {
      const mark = form.marks[criterion_id];
      return { criterion_id, score: mark === "none" ? null : Number(mark), comment: "" };
    }),
    recommendation,
    comment: form.comment.trim(),
  };
}
