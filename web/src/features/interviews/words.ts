/** The words and signs for a session's states, in one place. */

import type { Session } from "@/api/types";
import type { Tone } from "@/ui/primitives";
import type { TextKey } from "@/ui/text";

export const STATUS_TONES: Record<Session["status"], Tone> = {
  scheduled: "plain",
  waiting: "plain",
  live: "live",
  paused: "warn",
  ended: "done",
  stopped: "danger",
};

export const statusKey = (status: Session["status"]): TextKey => `status.${status}`;

const END_REASONS = ["candidate", "interviewer", "completed", "time", "abandoned", "withdrawn"] as const;

export const endReasonKey = (reason: string | null): TextKey | null => {
  const known = END_REASONS.find((item) => item === reason);
  return known === undefined ? null : `end_reason.${known}`;
};

export const isOver = (session: Session): boolean => session.status === "ended" || session.status === "stopped";

/** Where an interview is looked at. */
export const pageOf = (session: Session): "/rooms/$id" | "/panels/$id" | "/interviews/$id" =>
  session.kind === "room" ? "/rooms/$id" : session.kind === "panel" ? "/panels/$id" : "/interviews/$id";

/** What to call an interview in a list: who it is with, or else its title. */
export const nameOf = (session: Session): string =>
  session.candidate_name || session.title || session.role || session.session_id;
