/** The words and signs for what happens in a room, in one place. */

import type { ParticipantRole } from "@/protocol/roomMessages";
import type { RoomStatus } from "@/protocol/roomState";
import type { NoticeProps, Tone } from "@/ui/primitives";
import type { TextKey, Translate } from "@/ui/text";

export const STATUS_TONES: Record<RoomStatus, Tone> = {
  scheduled: "plain",
  waiting: "plain",
  live: "live",
  paused: "warn",
  ended: "done",
  stopped: "danger",
};

export const statusKey = (status: RoomStatus): TextKey => `room_status.${status}`;

export const roleKey = (role: ParticipantRole): TextKey => `room_role.${role}`;

export const HELP_TYPES = ["technical", "clarification", "time", "other"] as const;

/** Integrators may send kinds of their own; those are shown as they are. */
export const helpWords = (t: Translate, type: string): string => {
  const known = HELP_TYPES.find((item) => item === type);
  return known === undefined ? type : t(`help_type.${known}`);
};

export const levelTone = (level: string): NonNullable<NoticeProps["tone"]> =>
  level === "error" ? "danger" : level === "warning" ? "warn" : "plain";
