/** The words and signs for a session's states, in one place. */

import type { Session } from "@/api/types";
import type { Tone } from "@/ui/primitives";
import type { TextKey } from "@/ui/text";

export const STATUS_TONES: Record<Session["status"], Tone> = {
  scheduled: "plain",
  live: "live",
  paused: "warn",
  ended: "done",
  stopped: "danger",
};

export const statusKey = (status: Session["status"]): TextKey => `status.${status}`;

const END_REASONS: Record<string, TextKey> = {
  completed: "end_reason.completed",
  candidate: "end_reason.candidate",
  ended_by_candidate: "end_reason.candidate",
  interviewer: "end_reason.interviewer",
  ended_by_interviewer: "end_reason.interviewer",
  staff: "end_reason.interviewer",
  time: "end_reason.time",
  time_up: "end_reason.time",
  idle: "end_reason.idle",
  abandoned: "end_reason.idle",
  withdrawn: "end_reason.withdrawn",
};

export const endReasonKey = (reason: string | null): TextKey | null =>
  reason === null || reason === "" ? null : (END_REASONS[reason] ?? null);

export const isOver = (session: Session): boolean => session.status === "ended" || session.status === "stopped";

/** What to call an interview in a list: its title, or else who it is with. */
export const nameOf = (session: Session): string =>
  session.candidate_name || session.title || session.role || session.session_id;
