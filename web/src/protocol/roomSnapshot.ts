/** A room from a snapshot: what the server says replaces what was known. */

import { idOf, type Moment, momentOf, type ParticipantData, type ServerEvents } from "./roomMessages";
import {
  type Answer,
  asParticipant,
  asStatus,
  type Caption,
  type ChatMessage,
  EMPTY_ROOM,
  type HelpRequest,
  isOver,
  type Question,
  type Room,
} from "./roomState";

interface QuestionShape {
  question_id: string;
  question_text: string;
  time_limit_s?: number | null;
  at_s?: number;
}

interface StateShape {
  status?: string;
  elapsed?: number;
  participants?: ParticipantData[];
  current_question?: QuestionShape | null;
  questions?: QuestionShape[];
  answers?: { seq?: number; question_id: string; user_id: string; answer_text?: string | null; response_time?: number | null; version?: number; timestamp?: Moment }[];
  messages?: { seq?: number; message_id?: string; user_id: string; message: string; type?: string; timestamp?: Moment; client_id?: string | null }[];
  captions?: { seq?: number; user_id: string; text: string; question_id?: string | null; timestamp?: Moment }[];
  help?: { help_id?: string; seq?: number; user_id: string; help_type: string; message?: string; question_id?: string | null; timestamp?: Moment }[];
  recording?: string[];
  ended_by?: string;
  reason?: string;
  ended_at?: Moment | null;
}

const asQuestion = (data: QuestionShape): Question => ({
  question_id: String(data.question_id),
  text: data.question_text,
  at_s: data.at_s ?? 0,
  limit_s: data.time_limit_s ?? null,
});

const keyOf = (item: { seq?: number | undefined }, index: number): string => `seq:${item.seq ?? `?${index}`}`;

const answerOf = (item: NonNullable<StateShape["answers"]>[number], index: number): Answer => ({
  key: keyOf(item, index),
  question_id: String(item.question_id),
  user_id: String(item.user_id),
  text: item.answer_text ?? null,
  response_s: item.response_time ?? null,
  version: item.version ?? 1,
  at: momentOf(item.timestamp),
});

const messageOf = (item: NonNullable<StateShape["messages"]>[number], index: number): ChatMessage => ({
  key: item.message_id ?? keyOf(item, index),
  user_id: String(item.user_id),
  text: item.message,
  type: item.type ?? "text",
  client_id: item.client_id ?? null,
  at: momentOf(item.timestamp),
});

const captionOf = (item: NonNullable<StateShape["captions"]>[number], index: number): Caption => ({
  key: keyOf(item, index),
  user_id: String(item.user_id),
  text: item.text,
  question_id: idOf(item.question_id),
  at: momentOf(item.timestamp),
});

const helpOf = (item: NonNullable<StateShape["help"]>[number], index: number): HelpRequest => ({
  help_id: item.help_id ?? keyOf(item, index),
  user_id: String(item.user_id),
  help_type: item.help_type,
  question_id: idOf(item.question_id),
  note: item.message ?? "",
  at: momentOf(item.timestamp),
});

export function fromSnapshot(room: Room, { state, last_seq }: ServerEvents["snapshot"], now: number): Room {
  const shape = (typeof state === "object" && state !== null ? state : {}) as StateShape;
  const status = asStatus(shape.status) ?? room.status;
  const current = shape.current_question ? asQuestion(shape.current_question) : null;
  return {
    ...EMPTY_ROOM,
    last_seq,
    status,
    participants: shape.participants?.map(asParticipant) ?? room.participants,
    question: current,
    asked: shape.questions?.map(asQuestion) ?? (current === null ? [] : [current]),
    answers: shape.answers?.map(answerOf) ?? [],
    chat: shape.messages?.map(messageOf) ?? [],
    captions: shape.captions?.map(captionOf) ?? [],
    help: shape.help?.map(helpOf) ?? [],
    recording: shape.recording?.map(String) ?? [],
    clock: { remaining_s: null, elapsed_s: shape.elapsed ?? room.clock.elapsed_s, read_at: now, running: status === "live" },
    ending: isOver(status)
      ? {
          how: status === "stopped" ? "stopped" : "ended",
          by: idOf(shape.ended_by) ?? "",
          reason: shape.reason ?? "",
          at: momentOf(shape.ended_at),
        }
      : null,
  };
}
