/** The form of a new panel, as it is kept and as it is sent. Pure. */

import type { PanelRequest } from "@/api/panels";
import type { Visibility } from "@/api/types";
import type { Language } from "@/protocol/messages";
import { LANGUAGES } from "@/ui/text";

export const MOST_CANDIDATES = 6;
export const BUILT_IN_RUBRIC = "panel";

export interface PanelForm {
  title: string;
  language: Language;
  job_description: string;
  rubric_id: string;
  visibility: Visibility;
  /** One name a field; empty ones are left out. */
  candidates: string[];
  /** Who interviews with one, one name a line. */
  interviewers: string;
}

export const emptyPanel = (language: Language): PanelForm => ({
  title: "",
  language,
  job_description: "",
  rubric_id: BUILT_IN_RUBRIC,
  visibility: "sealed",
  candidates: [""],
  interviewers: "",
});

/** Whether a stored draft still fits this version's form. */
export function isPanelForm(value: unknown): value is PanelForm {
  if (typeof value !== "object" || value === null) return false;
  const form = value as Record<string, unknown>;
  return (
    ["title", "job_description", "rubric_id", "interviewers"].every((field) => typeof form[field] === "string") &&
    LANGUAGES.includes(form["language"] as Language) &&
    (form["visibility"] === "sealed" || form["visibility"] === "live") &&
    Array.isArray(form["candidates"]) &&
    form["candidates"].every((name) => typeof name === "string")
  );
}

const written = (names: readonly string[]): string[] => names.map((name) => name.trim()).filter((name) => name !== "");

export const interviewersOf = (form: PanelForm): string[] => [...new Set(written(form.interviewers.split("\n")))];

export const candidatesOf = (form: PanelForm): string[] => written(form.candidates);

export type PanelProblem = "title" | "candidates";

export function problems(form: PanelForm): PanelProblem[] {
  const names = candidatesOf(form);
  return [
    ...(form.title.trim() === "" ? (["title"] as const) : []),
    ...(names.length === 0 || new Set(names).size !== names.length ? (["candidates"] as const) : []),
  ];
}

export const toPanel = (form: PanelForm): PanelRequest => ({
  kind: "panel",
  title: form.title.trim(),
  language: form.language,
  role: "",
  job_description: form.job_description.trim(),
  evaluation_visibility: form.visibility,
  rubric_id: form.rubric_id,
  candidates: candidatesOf(form).map((name) => ({ name })),
});
