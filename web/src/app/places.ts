/** Where people have something to do, by their role. */

import type { UserRole } from "@/api/types";

const INTERVIEWS: readonly UserRole[] = ["admin", "recruiter", "interviewer", "observer"];
const EXAMS: readonly UserRole[] = ["admin", "teacher", "grader", "reviewer"];

export const hasInterviews = (role: UserRole): boolean => INTERVIEWS.includes(role);
export const hasExams = (role: UserRole): boolean => EXAMS.includes(role);

/** Where somebody begins. */
export function startOf(role: UserRole | undefined): "/interviews" | "/exams" | "/results" {
  if (role === "student") return "/results";
  return role !== undefined && !hasInterviews(role) && hasExams(role) ? "/exams" : "/interviews";
}
