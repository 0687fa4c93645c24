/** A room as one viewer sees it: a pure function of the events that came in, in their order. */

import { elapsed, setRunning } from "./clock";
import { idOf, momentOf, positionOf, type ServerEvent, type ServerEvents } from "./roomMessages";
import { fromSnapshot } from "./roomSnapshot";
import {
  type Announcement,
  type Answer,
  asParticipant,
  asStatus,
  type Caption,
  type ChatMessage,
  type Ending,
  type HelpRequest,
  type Participant,
  type Question,
  type Room,
} from "./roomState";

export type RoomAction =
  | { type: "loaded"; session: { status: string; elapsed_s: number }; now: number }
  | { type: "received"; event: ServerEvent; now: number }
  | { type: "disconnected"; now: number }
  | { type: "error_seen" }
  | { type: "announcement_seen"; key: string };

const SEEN = 500;
const KEPT_CAPTIONS = 1_000;
const KEPT_ANNOUNCEMENTS = 5;

const keyOf = (event: ServerEvent, fallback: string): string => {
  const { event_id: id, seq } = event.data as { event_id?: string; seq?: number };
  return id ?? (seq === undefined ? fallback : `seq:${seq}`);
};

// ---- people

function arrived(room: Room, data: ServerEvents["participant_joined"]): Room {
  const id = String(data.user_id);
  const known = room.participants.find((participant) => participant.user_id === id);
  const next: Participant = {
    user_id: id,
    name: data.name ?? known?.name ?? "",
    role: data.role ?? known?.role ?? null,
    present: true,
  };
  const others = room.participants.filter((participant) => participant.user_id !== id);
  return { ...room, participants: [...others, next] };
}

function progressed(room: Room, data: ServerEvents["interview_progress"], now: number): Room {
  if (typeof data.elapsed !== "number") return room;
  const running = (asStatus(data.status) ?? room.status) === "live";
  return { ...room, clock: { ...room.clock, elapsed_s: data.elapsed, read_at: now, running } };
}

const withoutKey = <Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> => {
  const { [key]: _, ...rest } = record;
  return rest;
};

const left = (room: Room, userId: string): Room => ({
  ...room,
  participants: room.participants.map((participant) =>
    participant.user_id === userId ? { ...participant, present: false } : participant,
  ),
  typing: withoutKey(room.typing, userId),
  hearing: withoutKey(room.hearing, userId),
});

// ---- life

const going = (room: Room, status: "live" | "paused", now: number): Room => ({
  ...room,
  status,
  clock: setRunning(room.clock, status === "live", now),
});

function over(room: Room, ending: Ending, now: number): Room {
  return {
    ...room,
    status: ending.how,
    ending,
    typing: {},
    hearing: {},
    recording: [],
    help: [],
    clock: setRunning(room.clock, false, now),
  };
}

function asked(room: Room, data: ServerEvents["question_started"], now: number): Room {
  const question: Question = {
    question_id: String(data.question_id),
    text: data.question_text,
    at_s: data.at_s ?? elapsed(room.clock, now),
    limit_s: data.time_limit_s ?? null,
  };
  return {
    ...going(room, "live", now),
    question,
    asked: [...room.asked.filter((known) => known.question_id !== question.question_id), question],
    hearing: {},
  };
}

// ---- what is said

function heard(room: Room, event: ServerEvent & { name: "live_transcription" }): Room {
  const userId = String(event.data.user_id);
  if (!event.data.is_final) return { ...room, hearing: { ...room.hearing, [userId]: event.data.text } };
  const hearing = withoutKey(room.hearing, userId);
  if (event.data.text.trim() === "") return { ...room, hearing };
  const caption: Caption = {
    key: keyOf(event, `caption:${room.captions.length}`),
    user_id: userId,
    text: event.data.text,
    question_id: idOf(event.data.question_id) ?? room.question?.question_id ?? null,
    at: momentOf(event.data.timestamp),
  };
  return { ...room, hearing, captions: [...room.captions, caption].slice(-KEPT_CAPTIONS) };
}

function chatted(room: Room, event: ServerEvent & { name: "new_message" }): Room {
  const { data } = event;
  const message: ChatMessage = {
    key: data.message_id ?? keyOf(event, `chat:${room.chat.length}`),
    user_id: String(data.user_id),
    text: data.message,
    type: data.type ?? "text",
    client_id: data.client_id ?? null,
    at: momentOf(data.timestamp),
  };
  return { ...room, chat: [...room.chat, message], typing: withoutKey(room.typing, message.user_id) };
}

function answered(room: Room, event: ServerEvent & { name: "answer_submitted" }): Room {
  const { data } = event;
  const answer: Answer = {
    key: keyOf(event, `answer:${room.answers.length}`),
    question_id: String(data.question_id),
    user_id: String(data.user_id),
    text: data.answer_text ?? null,
    response_s: data.response_time ?? null,
    version: data.version ?? 1,
    at: momentOf(data.timestamp),
  };
  return { ...room, answers: [...room.answers, answer] };
}

function askedForHelp(room: Room, event: ServerEvent & { name: "help_requested" }): Room {
  const { data } = event;
  const request: HelpRequest = {
    help_id: data.help_id ?? keyOf(event, `help:${room.help.length}`),
    user_id: String(data.user_id),
    help_type: data.help_type,
    question_id: idOf(data.question_id),
    note: data.message ?? "",
    at: momentOf(data.timestamp),
  };
  return { ...room, help: [...room.help, request] };
}

/** A resolution names its request; one that names only a person settles all that person asked. */
const helped = (room: Room, data: ServerEvents["help_resolved"]): Room => ({
  ...room,
  help: room.help.filter((request) =>
    data.help_id === undefined ? request.user_id !== String(data.user_id) : request.help_id !== data.help_id,
  ),
});

const typing = (room: Room, data: ServerEvents["user_typing"], now: number): Room => ({
  ...room,
  typing: data.is_typing
    ? { ...room.typing, [String(data.user_id)]: now }
    : withoutKey(room.typing, String(data.user_id)),
});

function records(room: Room, userId: string, isRecording: boolean): Room {
  const others = room.recording.filter((id) => id !== userId);
  return { ...room, recording: isRecording ? [...others, userId] : others };
}

function announced(room: Room, event: ServerEvent & { name: "system_message" }): Room {
  const announcement: Announcement = {
    key: keyOf(event, `system:${event.data.message}`),
    text: event.data.message,
    level: event.data.level ?? "info",
  };
  const others = room.announcements.filter(({ key }) => key !== announcement.key);
  return { ...room, announcements: [...others, announcement].slice(-KEPT_ANNOUNCEMENTS) };
}

// ---- the whole

function apply(room: Room, event: ServerEvent, now: number): Room {
  switch (event.name) {
    case "participant_joined":
      return arrived(room, event.data);
    case "participant_left":
      return left(room, String(event.data.user_id));
    case "participants_updated":
      return { ...room, participants: event.data.participants.map(asParticipant) };
    case "interview_progress":
      return progressed(room, event.data, now);
    case "interview_started":
    case "interview_resumed":
      return going(room, "live", now);
    case "interview_paused":
      return going(room, "paused", now);
    case "question_started":
      return asked(room, event.data, now);
    case "answer_submitted":
      return answered(room, event);
    case "live_transcription":
      return heard(room, event);
    case "new_message":
      return chatted(room, event);
    case "user_typing":
      return typing(room, event.data, now);
    case "recording_status":
      return records(room, String(event.data.user_id), event.data.is_recording);
    case "help_requested":
      return askedForHelp(room, event);
    case "help_resolved":
      return helped(room, event.data);
    case "system_message":
      return announced(room, event);
    case "interview_ended": {
      const { ended_by: by, message, timestamp } = event.data;
      return over(room, { how: "ended", by: idOf(by) ?? "", reason: message ?? "", at: momentOf(timestamp) }, now);
    }
    case "interview_emergency_stopped": {
      const { stopped_by: by, reason, timestamp } = event.data;
      return over(room, { how: "stopped", by: idOf(by) ?? "", reason: reason ?? "", at: momentOf(timestamp) }, now);
    }
    case "snapshot":
      return fromSnapshot(room, event.data, now);
    case "error":
      return { ...room, error: event.data };
    case "connected":
    case "online_users":
    case "joined_interview":
      return room;
  }
}

function received(room: Room, event: ServerEvent, now: number): Room {
  if (event.name === "snapshot") return apply(room, event, now);
  const { event_id: id } = event.data as { event_id?: string };
  const seq = positionOf(event);
  if (seq === null && id === undefined) return apply(room, event, now);
  if ((seq !== null && seq <= room.last_seq) || (id !== undefined && room.seen.has(id))) return room;
  const seen = id === undefined ? room.seen : new Set([...room.seen, id].slice(-SEEN));
  return { ...apply(room, event, now), seen, last_seq: Math.max(room.last_seq, seq ?? 0) };
}

export function reduceRoom(room: Room, action: RoomAction): Room {
  switch (action.type) {
    case "loaded":
      return {
        ...room,
        status: asStatus(action.session.status) ?? room.status,
        clock: {
          remaining_s: null,
          elapsed_s: action.session.elapsed_s,
          read_at: action.now,
          running: action.session.status === "live",
        },
      };
    case "received":
      return received(room, action.event, action.now);
    case "disconnected":
      // What is not stored is not replayed: who was typing or half-heard is unknown now.
      return { ...room, typing: {}, hearing: {} };
    case "error_seen":
      return { ...room, error: null };
    case "announcement_seen":
      return { ...room, announcements: room.announcements.filter(({ key }) => key !== action.key) };
  }
}
