/** The form of a new room, as it is kept and as it is sent. Pure. */

import type { NewQuestion, QuestionSet, RoomQuestion, RoomRequest } from "@/api/rooms";
import type { Language } from "@/protocol/messages";
import { LANGUAGES } from "@/ui/text";

export interface QuestionForm {
  key: string;
  text: string;
  /** Seconds; 0: take your time. */
  limit_s: number;
  /** What a good answer says, one a line. */
  points: string;
  /** What it is judged by, one a line: a name, and what to look for after a colon. */
  criteria: string;
}

export interface RoomForm {
  title: string;
  language: Language;
  /** As a `datetime-local` field has it; empty: not said. */
  scheduled: string;
  questions: QuestionForm[];
  /** The set these questions were taken from; while they are unchanged it is used as it is. */
  taken: { question_set_id: string; questions: NewQuestion[] } | null;
}

export const LIMITS_S = [0, 60, 120, 180, 300, 600, 900, 1800] as const;
export const MOST_QUESTIONS = 100;
const POINTS_LIMIT = 30;
const POINT_LIMIT = 500;
const CRITERIA_LIMIT = 12;

export const emptyQuestion = (key: string): QuestionForm => ({ key, text: "", limit_s: 0, points: "", criteria: "" });

export const emptyRoom = (language: Language, key: string): RoomForm => ({
  title: "",
  language,
  scheduled: "",
  questions: [emptyQuestion(key)],
  taken: null,
});

const isQuestion = (value: unknown): value is QuestionForm => {
  if (typeof value !== "object" || value === null) return false;
  const question = value as Record<string, unknown>;
  return (
    ["key", "text", "points", "criteria"].every((field) => typeof question[field] === "string") &&
    typeof question["limit_s"] === "number"
  );
};

/** Whether a stored draft still fits this version's form. */
export function isRoomForm(value: unknown): value is RoomForm {
  if (typeof value !== "object" || value === null) return false;
  const form = value as Record<string, unknown>;
  return (
    typeof form["title"] === "string" &&
    typeof form["scheduled"] === "string" &&
    LANGUAGES.includes(form["language"] as Language) &&
    Array.isArray(form["questions"]) &&
    form["questions"].every(isQuestion) &&
    (form["taken"] === null || typeof form["taken"] === "object")
  );
}

const lines = (text: string): string[] => [
  ...new Set(
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== ""),
  ),
];

const criterionOf = (line: string) => {
  // People write full-width colons in Chinese.
  const [name = "", ...rest] = line.split(/[:：]/u);
  return { name: name.trim(), description: rest.join(":").trim(), weight: 1 };
};

export function toQuestion(form: QuestionForm): NewQuestion {
  const expected_points = lines(form.points);
  const criteria = lines(form.criteria).map(criterionOf);
  return {
    text: form.text.trim(),
    time_limit_s: form.limit_s === 0 ? null : form.limit_s,
    rubric: expected_points.length === 0 && criteria.length === 0 ? null : { criteria, expected_points },
  };
}

/** What was begun and never written is left out. */
export const written = (form: RoomForm): QuestionForm[] => form.questions.filter(({ text }) => text.trim() !== "");

const fromQuestion = (question: RoomQuestion, key: string): QuestionForm => ({
  key,
  text: question.text,
  limit_s: question.time_limit_s ?? 0,
  points: question.rubric?.expected_points.join("\n") ?? "",
  criteria:
    question.rubric?.criteria
      .map(({ name, description }) => (description === "" ? name : `${name}: ${description}`))
      .join("\n") ?? "",
});

/** The form with a set's questions in it. */
export function withSet(form: RoomForm, set: QuestionSet, newKey: () => string): RoomForm {
  const questions = set.questions.map((question) => fromQuestion(question, newKey()));
  return { ...form, questions, taken: { question_set_id: set.question_set_id, questions: questions.map(toQuestion) } };
}

/** The set to use as it is, or null where the questions make a new one. */
export function unchangedSet(form: RoomForm): string | null {
  if (form.taken === null) return null;
  const now = JSON.stringify(written(form).map(toQuestion));
  return now === JSON.stringify(form.taken.questions) ? form.taken.question_set_id : null;
}

export function toRoom(form: RoomForm, questionSetId: string | null): RoomRequest {
  const scheduled = form.scheduled === "" ? Number.NaN : Date.parse(form.scheduled);
  return {
    kind: "room",
    title: form.title.trim(),
    language: form.language,
    ...(questionSetId === null ? {} : { question_set_id: questionSetId }),
    ...(Number.isNaN(scheduled) ? {} : { scheduled_at: new Date(scheduled).toISOString() }),
  };
}

export type RoomProblem = "title" | "points" | "criteria";

export function problems(form: RoomForm): RoomProblem[] {
  const found: RoomProblem[] = [];
  if (form.title.trim() === "") found.push("title");
  const points = written(form).map((question) => lines(question.points));
  if (points.some((list) => list.length > POINTS_LIMIT || list.some((point) => point.length > POINT_LIMIT))) {
    found.push("points");
  }
  const criteria = written(form).map((question) => lines(question.criteria).map(criterionOf));
  const isWrong = (list: { name: string }[]) =>
    list.length > CRITERIA_LIMIT ||
    list.some(({ name }) => name === "" || name.length > 200) ||
    new Set(list.map(({ name }) => name)).size !== list.length;
  if (criteria.some(isWrong)) found.push("criteria");
  return found;
}

/** The list with the item at `from` moved by one place. */
export function moved<Item>(list: readonly Item[], from: number, by: 1 | -1): Item[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(Math.max(0, from + by), 0, item);
  return next;
}
