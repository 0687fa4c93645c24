/** A rubric while it is written, and as it is sent. Pure. */

import type { Localised, RubricBody, RubricCriterion, StoredRubric } from "@/api/panels";
import type { Language } from "@/protocol/messages";

export const LEVELS = 5;
export const MOST_CRITERIA = 12;

export interface CriterionForm {
  criterion_id: string;
  name: Localised;
  description: Localised;
  levels: Localised[];
  weight: number;
  /** Separated by commas. */
  keywords: string;
}

export interface RubricForm {
  title: string;
  criteria: CriterionForm[];
}

export const emptyCriterion = (criterionId: string): CriterionForm => ({
  criterion_id: criterionId,
  name: {},
  description: {},
  levels: Array.from({ length: LEVELS }, () => ({})),
  weight: 1,
  keywords: "",
});

/** An id that no criterion has, which stays when its name changes. */
export function freshCriterionId(criteria: readonly { criterion_id: string }[]): string {
  const taken = new Set(criteria.map(({ criterion_id }) => criterion_id));
  for (let number = criteria.length + 1; ; number += 1) {
    const id = `criterion_${number}`;
    if (!taken.has(id)) return id;
  }
}

export const emptyRubric = (): RubricForm => ({ title: "", criteria: [emptyCriterion("criterion_1")] });

export const fromRubric = (rubric: StoredRubric): RubricForm => ({
  title: rubric.title,
  criteria: rubric.criteria.map((criterion) => ({
    criterion_id: criterion.criterion_id,
    name: criterion.name,
    description: criterion.description ?? {},
    levels: criterion.levels,
    weight: criterion.weight ?? 1,
    keywords: (criterion.keywords ?? []).join(", "),
  })),
});

const toCriterion = ({ keywords, ...criterion }: CriterionForm): RubricCriterion => ({
  ...criterion,
  keywords: keywords
    .split(/[,，、\n]/u)
    .map((word) => word.trim())
    .filter((word) => word !== ""),
});

export const toRubric = (form: RubricForm): RubricBody => ({
  title: form.title.trim(),
  criteria: form.criteria.map(toCriterion),
});

const isWritten = (text: Localised | undefined, language: Language): boolean => (text?.[language] ?? "").trim() !== "";

/** Whether names and anchors of all criteria are there in a language. */
export const isComplete = (form: RubricForm, language: Language): boolean =>
  form.criteria.length > 0 &&
  form.criteria.every(({ name, levels }) => isWritten(name, language) && levels.every((level) => isWritten(level, language)));
