/** A question as it is being written, and the question that comes of it. Pure. */

import {
  CHOICE_SCORINGS,
  type AnswerKey,
  type ChoiceScoring,
  type ExamQuestion,
  QUESTION_TYPES,
  type QuestionFields,
  type SheetPlace,
  type QuestionType,
} from "@/api/exams";

export interface QuestionForm {
  type: QuestionType;
  text: string;
  points: string;
  step: string;
  options: { option_id: string; text: string; correct: boolean }[];
  scoring: ChoiceScoring;
  truth: boolean;
  value: string;
  tolerance: string;
  unit: string;
  unit_required: boolean;
  /** One gap each; the accepted forms apart by semicolons. */
  blanks: string[];
  any_order: boolean;
  model_answer: string;
  rubric: { point_id: string; text: string; alternatives: string; points: string }[];
  guidance: string;
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const MOST_OPTIONS = LETTERS.length;

export const EMPTY_QUESTION: QuestionForm = {
  type: "single_choice",
  text: "",
  points: "1",
  step: "1",
  options: ["A", "B", "C", "D"].map((option_id) => ({ option_id, text: "", correct: false })),
  scoring: "all_or_nothing",
  truth: true,
  value: "",
  tolerance: "",
  unit: "",
  unit_required: false,
  blanks: [""],
  any_order: false,
  model_answer: "",
  rubric: [],
  guidance: "",
};

export const isQuestionForm = (value: unknown): value is QuestionForm =>
  typeof value === "object" &&
  value !== null &&
  (QUESTION_TYPES as readonly unknown[]).includes((value as { type?: unknown }).type) &&
  Object.keys(EMPTY_QUESTION).every((name) => name in value);

export const isChoice = (type: QuestionType) => type === "single_choice" || type === "multiple_choice";
export const isFreeText = (type: QuestionType) => type === "short_answer" || type === "essay";

/** The first of q1, q2, … that no question has. */
export function freeQuestionId(questions: readonly { question_id: string }[]): string {
  const taken = new Set(questions.map((question) => question.question_id));
  for (let number = questions.length + 1; ; number += 1) if (!taken.has(`q${number}`)) return `q${number}`;
}

const forms = (text: string): string[] => text.split(/[;；\n]/u).map((form) => form.trim()).filter(Boolean);
const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text.trim().replace(",", ".")));

export function formOf(question: ExamQuestion): QuestionForm {
  const { key } = question;
  return {
    ...EMPTY_QUESTION,
    type: question.type,
    text: question.text,
    points: String(question.points),
    step: String(question.step),
    guidance: question.guidance,
    model_answer: question.model_answers.join("\n\n"),
    rubric: question.rubric.map((point) => ({
      point_id: point.point_id,
      text: point.text,
      alternatives: point.alternatives.join("; "),
      points: String(point.points),
    })),
    ...(key?.type === "choice" && {
      options: key.options.map((option) => ({ ...option, correct: key.correct.includes(option.option_id) })),
      scoring: CHOICE_SCORINGS.find((scoring) => scoring === key.scoring) ?? "all_or_nothing",
    }),
    ...(key?.type === "true_false" && { truth: key.correct }),
    ...(key?.type === "numeric" && {
      value: String(key.value),
      tolerance: key.tolerance === 0 ? "" : String(key.tolerance),
      unit: key.unit,
      unit_required: key.unit_required,
    }),
    ...(key?.type === "fill_in" && {
      blanks: key.blanks.map((blank) => blank.accepted.join("; ")),
      any_order: key.any_order,
    }),
  };
}

export const withOption = (form: QuestionForm): QuestionForm => {
  const letter = LETTERS.split("").find((name) => !form.options.some((option) => option.option_id === name));
  if (letter === undefined || form.options.length >= MOST_OPTIONS) return form;
  return { ...form, options: [...form.options, { option_id: letter, text: "", correct: false }] };
};

/** Ticks an option as correct; in a single choice the others are no longer. */
export const withCorrect = (form: QuestionForm, optionId: string, correct: boolean): QuestionForm => ({
  ...form,
  options: form.options.map((option) => ({
    ...option,
    correct: option.option_id === optionId ? correct : form.type === "multiple_choice" && option.correct,
  })),
});

export function withPoint(form: QuestionForm): QuestionForm {
  const taken = new Set(form.rubric.map((point) => point.point_id));
  let number = form.rubric.length + 1;
  while (taken.has(`p${number}`)) number += 1;
  return { ...form, rubric: [...form.rubric, { point_id: `p${number}`, text: "", alternatives: "", points: "1" }] };
}

export type QuestionProblem =
  | "text_missing"
  | "points_invalid"
  | "step_invalid"
  | "options_few"
  | "correct_missing"
  | "value_missing"
  | "tolerance_invalid"
  | "blank_empty"
  | "rubric_incomplete";

const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-6;
const written = (form: QuestionForm) => form.options.filter((option) => option.text.trim() !== "");

/** What keeps a question from being saved, in the order of the form. */
export function problemsOf(form: QuestionForm): QuestionProblem[] {
  const found: QuestionProblem[] = [];
  const points = numberOf(form.points);
  const step = numberOf(form.step);
  if (form.text.trim() === "") found.push("text_missing");
  const pointsRight = points > 0 && points <= 1000;
  if (!pointsRight) found.push("points_invalid");
  if (pointsRight && !(step > 0 && step <= points && isWhole(points / step))) found.push("step_invalid");
  if (isChoice(form.type)) {
    if (written(form).length < 2) found.push("options_few");
    const correct = written(form).filter((option) => option.correct).length;
    if (correct === 0 || (form.type === "single_choice" && correct !== 1)) found.push("correct_missing");
  }
  if (form.type === "numeric") {
    if (!Number.isFinite(numberOf(form.value))) found.push("value_missing");
    if (form.tolerance.trim() !== "" && !(numberOf(form.tolerance) >= 0)) found.push("tolerance_invalid");
  }
  if (form.type === "fill_in" && form.blanks.some((blank) => forms(blank).length === 0)) found.push("blank_empty");
  if (isFreeText(form.type) && form.rubric.some((point) => point.text.trim() === "" || !(numberOf(point.points) >= 0))) {
    found.push("rubric_incomplete");
  }
  return found;
}

function keyOf(form: QuestionForm, before: AnswerKey | null): AnswerKey | null {
  if (isChoice(form.type)) {
    const options = written(form);
    return {
      type: "choice",
      options: options.map(({ option_id, text }) => ({ option_id, text: text.trim() })),
      correct: options.filter((option) => option.correct).map((option) => option.option_id),
      scoring: form.type === "multiple_choice" ? form.scoring : "all_or_nothing",
    };
  }
  if (form.type === "true_false") return { type: "true_false", correct: form.truth };
  if (form.type === "numeric") {
    const kept = before?.type === "numeric" ? before : { relative_tolerance: 0, without_unit_share: 0 };
    return {
      type: "numeric",
      value: numberOf(form.value),
      tolerance: form.tolerance.trim() === "" ? 0 : numberOf(form.tolerance),
      relative_tolerance: kept.relative_tolerance,
      unit: form.unit.trim(),
      unit_required: form.unit_required && form.unit.trim() !== "",
      without_unit_share: kept.without_unit_share,
    };
  }
  if (form.type === "fill_in") {
    const kept = before?.type === "fill_in" ? before.blanks : [];
    return {
      type: "fill_in",
      blanks: form.blanks.map((blank, index) => ({
        accepted: forms(blank),
        weight: kept[index]?.weight ?? 1,
        exact: kept[index]?.exact ?? false,
      })),
      any_order: form.any_order,
    };
  }
  return null;
}

function tickedFor(key: AnswerKey | null): string[] {
  if (key?.type === "choice") return key.options.map((option) => option.option_id);
  return key?.type === "true_false" ? ["true", "false"] : [];
}

/** A place on the sheet stays while the bubbles on it are those of the options. */
function placeOf(key: AnswerKey | null, before: SheetPlace | null): SheetPlace | null {
  const bubbles = (before?.bubbles ?? []).map((bubble) => bubble.option_id);
  return bubbles.sort().join("\n") === tickedFor(key).sort().join("\n") ? before : null;
}

/** The question, once nothing keeps it from being saved. What the form does not show stays as it was `before`. */
export function fieldsOf(form: QuestionForm, before: ExamQuestion | null): QuestionFields {
  const free = isFreeText(form.type);
  const key = keyOf(form, before?.key ?? null);
  const answers = form.model_answer.split(/\n\s*\n/u).map((answer) => answer.trim());
  return {
    type: form.type,
    text: form.text.trim(),
    points: numberOf(form.points),
    step: numberOf(form.step),
    key,
    model_answers: free ? (form.type === "essay" ? [form.model_answer.trim()] : answers).filter(Boolean) : [],
    rubric: free
      ? form.rubric.map((point) => ({
          point_id: point.point_id,
          text: point.text.trim(),
          points: numberOf(point.points),
          alternatives: forms(point.alternatives),
        }))
      : [],
    guidance: form.guidance.trim(),
    image_url: before?.image_url ?? "",
    place: placeOf(key, before?.place ?? null),
  };
}
