import { describe, expect, it } from "vitest";
import { reduceRoom } from "@/protocol/room";
import { parseServerEvent } from "@/protocol/roomMessages";
import { dequeue, enqueue, parseQueue } from "@/protocol/roomQueue";
import { EMPTY_ROOM, nameOf, questionAge, questionLeft, type Question, type Room } from "@/protocol/roomState";

const NOW = 1_700_000_000_000;
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

function tell(room: Room, name: string, data: object, now = NOW): Room {
  const event = parseServerEvent(name, data);
  if (event === null) throw new Error(`${name} is not known`);
  return reduceRoom(room, { type: "received", event, now });
}

function questionOf({ question }: Room): Question {
  if (question === null) throw new Error("no question");
  return question;
}

/** The events in their order, at positions 1, 2, 3 … */
const told = (...events: [string, object][]): Room =>
  events.reduce<Room>(
    (room, [name, data], index) => tell(room, name, { seq: index + 1, event_id: `e-${index + 1}`, ...data }),
    EMPTY_ROOM,
  );

const QUESTION = { question_id: "q1", question_text: "Why?", start_time: NOW / 1000, time_limit_s: 60, at_s: 100 };

describe("SPEC 1: the life of a room", () => {
  it("starts, pauses, goes on and ends", () => {
    const started = told(["interview_started", { by: "u-1", timestamp: at(0) }]);
    expect(started.status).toBe("live");
    const paused = tell(started, "interview_paused", { by: "u-1", timestamp: at(10), seq: 2 });
    expect(paused.status).toBe("paused");
    expect(tell(paused, "interview_resumed", { by: "u-1", timestamp: at(20), seq: 3 }).status).toBe("live");
    const ended = tell(paused, "interview_ended", { ended_by: "u-1", timestamp: at(30), message: "Thanks.", seq: 3 });
    expect(ended.ending).toEqual({ how: "ended", by: "u-1", reason: "Thanks.", at: NOW + 30_000 });
  });

  it("goes live with a question, and is stopped with a reason", () => {
    const room = told(["question_started", QUESTION], ["help_requested", { user_id: "c", help_type: "time" }]);
    expect(room.status).toBe("live");
    const stopped = tell(room, "interview_emergency_stopped", { stopped_by: "u-1", reason: "Fire alarm", seq: 3 });
    expect(stopped).toMatchObject({ status: "stopped", help: [], ending: { how: "stopped", reason: "Fire alarm" } });
  });

  it("a question's time is session time, which stands while the room does", () => {
    const live = told(["question_started", QUESTION]);
    const read = tell(live, "interview_progress", { elapsed: 110, status: "live" }, NOW);
    expect(questionAge(questionOf(read), read.clock, NOW + 10_000)).toBe(20);
    expect(questionLeft(questionOf(read), read.clock, NOW + 10_000)).toBe(40);
    const paused = tell(read, "interview_paused", { seq: 2 }, NOW + 10_000);
    expect(questionLeft(questionOf(paused), paused.clock, NOW + 500_000)).toBe(40);
    const resumed = tell(paused, "interview_resumed", { seq: 3 }, NOW + 500_000);
    expect(questionLeft(questionOf(resumed), resumed.clock, NOW + 510_000)).toBe(30);
    expect(questionLeft(questionOf(resumed), resumed.clock, NOW + 900_000)).toBe(0);
  });

  it("a question without a limit has no time left to show", () => {
    const room = told(["question_started", { ...QUESTION, time_limit_s: null }]);
    expect(questionLeft(questionOf(room), room.clock, NOW)).toBeNull();
  });
});

describe("SPEC 0.2: repeats and what is missed", () => {
  it("shows an event once, however often it comes", () => {
    const message = { user_id: "c", message: "Hello", seq: 3, event_id: "m", timestamp: at(0) };
    const once = tell(EMPTY_ROOM, "new_message", message);
    expect(tell(once, "new_message", message)).toBe(once);
    expect(tell(once, "new_message", { ...message, seq: 2, event_id: "n" })).toBe(once);
    expect(once.last_seq).toBe(3);
  });

  it("takes holes in the positions as they are", () => {
    const room = tell(EMPTY_ROOM, "new_message", { user_id: "c", message: "a", seq: 3, event_id: "a" });
    expect(tell(room, "new_message", { user_id: "c", message: "b", seq: 90, event_id: "b" }).chat).toHaveLength(2);
  });

  it("what is not stored repeats freely and is forgotten with the connection", () => {
    const typing = tell(EMPTY_ROOM, "user_typing", { user_id: "c", is_typing: true });
    const heard = tell(typing, "live_transcription", { user_id: "c", text: "I th", is_final: false });
    expect(heard.typing).toEqual({ c: NOW });
    expect(heard.hearing).toEqual({ c: "I th" });
    const gone = reduceRoom(heard, { type: "disconnected", now: NOW });
    expect([gone.typing, gone.hearing]).toEqual([{}, {}]);
  });

  it("a snapshot replaces what was known", () => {
    const before = told(["new_message", { user_id: "c", message: "lost" }]);
    const room = tell(before, "snapshot", {
      last_seq: 40,
      state: {
        status: "paused",
        participants: [{ user_id: "c", name: "Mina", role: "candidate", status: "online" }],
        messages: [{ seq: 30, user_id: "c", message: "kept", timestamp: at(0) }],
        current_question: QUESTION,
      },
    });
    expect(room).toMatchObject({ status: "paused", last_seq: 40, question: { text: "Why?" } });
    expect(room.chat.map((message) => message.text)).toEqual(["kept"]);
    expect(tell(room, "new_message", { user_id: "c", message: "old", seq: 30 })).toBe(room);
  });
});

describe("people, talk and help", () => {
  it("knows who is there, by the list and by coming and going", () => {
    const room = told(
      ["participants_updated", { participants: [{ user_id: "c", name: "Mina", role: "candidate", status: "online" }] }],
      ["participant_joined", { user_id: "o", role: "observer", participants_count: 2 }],
      ["participant_left", { user_id: "c" }],
    );
    expect(room.participants.map(({ user_id, present }) => [user_id, present])).toEqual([
      ["c", false],
      ["o", true],
    ]);
    expect(nameOf(room, "c")).toBe("Mina");
    expect(nameOf(room, "o")).toBe("o");
    const back = tell(room, "participant_joined", { user_id: "c", participants_count: 2, seq: 4 });
    expect(nameOf(back, "c")).toBe("Mina");
  });

  it("a message ends its sender's typing and carries who sent it with which id", () => {
    const typing = tell(EMPTY_ROOM, "user_typing", { user_id: "c", is_typing: true });
    const room = tell(typing, "new_message", { user_id: "c", message: "Hi", client_id: "x", message_id: "m-1", seq: 1 });
    expect(room.typing).toEqual({});
    expect(room.chat[0]).toMatchObject({ key: "m-1", client_id: "x" });
  });

  it("answers come with their text for those who may read it", () => {
    const room = told(
      ["answer_submitted", { question_id: "q1", user_id: "c", response_time: 12.5, answer_text: "Because." }],
      ["answer_submitted", { question_id: "q2", user_id: "c", response_time: 3 }],
    );
    expect(room.answers.map(({ text, response_s }) => [text, response_s])).toEqual([
      ["Because.", 12.5],
      [null, 3],
    ]);
  });

  it("a final caption takes the place of what was half heard", () => {
    const partial = tell(EMPTY_ROOM, "live_transcription", { user_id: "c", text: "I th", is_final: false });
    const room = tell(partial, "live_transcription", { user_id: "c", text: "I think so.", is_final: true, seq: 1 });
    expect(room.hearing).toEqual({});
    expect(room.captions.map((caption) => caption.text)).toEqual(["I think so."]);
  });

  it("a request for help stands until it is resolved", () => {
    const room = told(
      ["help_requested", { user_id: "c", help_type: "technical", help_id: "h-1" }],
      ["help_requested", { user_id: "d", help_type: "time", help_id: "h-2" }],
    );
    const named = tell(room, "help_resolved", { help_id: "h-1", user_id: "c", seq: 3 });
    expect(named.help.map((request) => request.help_id)).toEqual(["h-2"]);
    expect(tell(named, "help_resolved", { user_id: "d", seq: 4 }).help).toEqual([]);
  });

  it("an announcement stays until it is put away", () => {
    const room = tell(EMPTY_ROOM, "system_message", { message: "Ten minutes left", level: "warning", seq: 1, event_id: "s" });
    expect(room.announcements).toEqual([{ key: "s", text: "Ten minutes left", level: "warning" }]);
    expect(reduceRoom(room, { type: "announcement_seen", key: "s" }).announcements).toEqual([]);
  });

  it("knows who records", () => {
    const room = told(["recording_status", { user_id: "c", is_recording: true }]);
    expect(room.recording).toEqual(["c"]);
    expect(tell(room, "recording_status", { user_id: "c", is_recording: false, seq: 2 }).recording).toEqual([]);
  });
});

describe("what the server does not keep yet", () => {
  const command = { client_id: "a", name: "send_message", payload: { message: "x" }, done_at: 1 };

  it("is queued once and goes when it is kept", () => {
    const queue = enqueue(enqueue([], command), command);
    expect(queue).toEqual([command]);
    expect(dequeue(queue, "a")).toEqual([]);
    expect(dequeue(queue, "b")).toBe(queue);
  });

  it("survives being stored, and a store that is broken", () => {
    expect(parseQueue(JSON.stringify([command, { client_id: 3 }, null]))).toEqual([command]);
    expect(parseQueue("{")).toEqual([]);
    expect(parseQueue(null)).toEqual([]);
  });
});

it("events that this app does not know are left alone", () => {
  expect(parseServerEvent("whiteboard_moved", {})).toBeNull();
  expect(parseServerEvent("toString", {})).toBeNull();
});
