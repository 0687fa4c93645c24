/** The form of a new interview, as it is kept and as it is sent. Pure. */

import { type InterviewRequest, type InterviewStyle, STYLES, type Visibility } from "@/api/types";
import type { Language } from "@/protocol/messages";
import { LANGUAGES } from "@/ui/text";

export interface InterviewForm {
  role: string;
  candidate_name: string;
  language: Language;
  interview_style: InterviewStyle;
  competencies: string[];
  duration_minutes: number;
  job_description: string;
  resume: string;
  evaluation_visibility: Visibility;
}

export const LENGTHS = [10, 15, 20, 30, 45, 60] as const;
export const TEXT_LIMIT = 50_000;
export const MOST_COMPETENCIES = 8;

export const emptyForm = (language: Language): InterviewForm => ({
  role: "",
  candidate_name: "",
  language,
  interview_style: "friendly",
  competencies: [],
  duration_minutes: 30,
  job_description: "",
  resume: "",
  evaluation_visibility: "sealed",
});

/** Whether a stored draft still fits this version's form. */
export function isForm(value: unknown): value is InterviewForm {
  if (typeof value !== "object" || value === null) return false;
  const form = value as Record<string, unknown>;
  return (
    ["role", "candidate_name", "job_description", "resume"].every((field) => typeof form[field] === "string") &&
    LANGUAGES.includes(form["language"] as Language) &&
    STYLES.includes(form["interview_style"] as InterviewStyle) &&
    Array.isArray(form["competencies"]) &&
    form["competencies"].every((item) => typeof item === "string") &&
    LENGTHS.includes(form["duration_minutes"] as 10) &&
    (form["evaluation_visibility"] === "sealed" || form["evaluation_visibility"] === "live")
  );
}

export const toRequest = (form: InterviewForm): InterviewRequest => ({
  ...form,
  kind: "dialogue",
  role: form.role.trim(),
  candidate_name: form.candidate_name.trim(),
});

export type Problem = "role_missing" | "job_description_long" | "resume_long";

export function problems(form: InterviewForm): Problem[] {
  const found: Problem[] = [];
  if (form.role.trim() === "") found.push("role_missing");
  if (form.job_description.length > TEXT_LIMIT) found.push("job_description_long");
  if (form.resume.length > TEXT_LIMIT) found.push("resume_long");
  return found;
}

export const toggled = (list: readonly string[], item: string): string[] =>
  list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
