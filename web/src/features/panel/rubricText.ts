/** A rubric's texts in a language, or in one that they were written in. Pure. */

import type { Localised, RubricCriterion } from "@/api/panels";
import type { Criterion } from "@/api/types";
import type { Language } from "@/protocol/messages";
import { LANGUAGES } from "@/ui/text";

export const textIn = (text: Localised | undefined, language: Language): string =>
  [language, ...LANGUAGES].map((one) => text?.[one] ?? "").find((written) => written !== "") ?? "";

export const criterionIn = (criterion: RubricCriterion, language: Language): Criterion => ({
  criterion_id: criterion.criterion_id,
  name: textIn(criterion.name, language),
  description: textIn(criterion.description, language),
  levels: criterion.levels.map((level, index) => ({ level: index + 1, anchor: textIn(level, language) })),
  weight: criterion.weight ?? 1,
});
