/** A person's own scorecard while it is filled in. Pure. */

import { type Criterion, type OwnScorecardRequest, type Recommendation, RECOMMENDATIONS } from "@/api/types";

/** `none` says that there was not enough to judge, which is an answer; `null` is no answer yet. */
export type Choice = 1 | 2 | 3 | 4 | 5 | "none" | null;

export interface OwnForm {
  criteria: Record<string, { choice: Choice; comment: string }>;
  recommendation: Recommendation | null;
  comment: string;
}

export const EMPTY_FORM: OwnForm = { criteria: {}, recommendation: null, comment: "" };

const CHOICES: readonly unknown[] = [1, 2, 3, 4, 5, "none", null];

export function isOwnForm(value: unknown): value is OwnForm {
  if (typeof value !== "object" || value === null) return false;
  const form = value as Record<string, unknown>;
  const criteria = form["criteria"];
  return (
    typeof criteria === "object" &&
    criteria !== null &&
    Object.values(criteria).every(
      (item: unknown) =>
        typeof item === "object" &&
        item !== null &&
        CHOICES.includes((item as Record<string, unknown>)["choice"]) &&
        typeof (item as Record<string, unknown>)["comment"] === "string",
    ) &&
    (form["recommendation"] === null || RECOMMENDATIONS.includes(form["recommendation"] as Recommendation)) &&
    typeof form["comment"] === "string"
  );
}

export const entryOf = (form: OwnForm, criterionId: string) =>
  form.criteria[criterionId] ?? { choice: null, comment: "" };

export const withEntry = (
  form: OwnForm,
  criterionId: string,
  part: Partial<{ choice: Choice; comment: string }>,
): OwnForm => ({
  ...form,
  criteria: { ...form.criteria, [criterionId]: { ...entryOf(form, criterionId), ...part } },
});

/** The criteria that have no answer yet. */
export const unanswered = (form: OwnForm, criteria: readonly Criterion[]): string[] =>
  criteria.filter((item) => entryOf(form, item.criterion_id).choice === null).map((item) => item.criterion_id);

/** Null while something is missing. */
export function toRequest(form: OwnForm, criteria: readonly Criterion[]): OwnScorecardRequest | null {
  if (form.recommendation === null || unanswered(form, criteria).length > 0) return null;
  return {
    criteria: criteria.map(({ criterion_id }) => {
      const { choice, comment } = entryOf(form, criterion_id);
      return { criterion_id, score: typeof choice === "number" ? choice : null, comment: comment.trim() };
    }),
    recommendation: form.recommendation,
    comment: form.comment.trim(),
  };
}
