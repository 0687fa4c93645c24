/** The stand-in server's rooms: enough of their door for developing the web app and for its screenshots. */

import { randomUUID } from "node:crypto";
import { Server } from "socket.io";
import { ROOM_TEXTS } from "./content-rooms.mjs";

const seconds = () => Date.now() / 1000;

export const questionsOf = (language) =>
  ROOM_TEXTS[language].questions.map((question, index) => ({
    question_id: `q${index + 1}`,
    competency: "",
    rubric: null,
    time_limit_s: null,
    ...question,
  }));

/** A room whose interview is under way. */
function underWay(language, status) {
  const texts = ROOM_TEXTS[language];
  const questions = questionsOf(language);
  const asked = (index, at_s) => ({
    question_id: questions[index].question_id,
    question_text: questions[index].text,
    start_time: seconds() - 300 + at_s,
    time_limit_s: questions[index].time_limit_s,
    at_s,
  });
  return {
    status,
    elapsed: 204,
    participants: [
      { user_id: "u-1", name: "Jonas Feld", role: "interviewer", status: "online" },
      { user_id: "c-1", name: texts.candidate, role: "candidate", status: "online" },
      { user_id: "o-1", name: texts.observer, role: "observer", status: "away" },
    ],
    questions: [asked(0, 12), asked(1, 150)],
    current_question: asked(1, 150),
    answers: [
      { seq: 6, question_id: "q1", user_id: "c-1", answer_text: texts.answer, response_time: 74.2, version: 1, timestamp: seconds() - 200 },
    ],
    messages: texts.chat.map(([user_id, message], index) => ({ seq: 7 + index, message_id: `m-${index}`, user_id, message, type: "text", timestamp: seconds() - 190 + index * 20 })),
    captions: texts.captions.map(([user_id, text, question_id], index) => ({ seq: 10 + index, user_id, text, question_id, timestamp: seconds() - 150 + index * 9 })),
    help: [],
    recording: ["c-1"],
    ended_by: status === "live" ? "" : "u-1",
    reason: status === "stopped" ? texts.reason : "interviewer",
    ended_at: seconds() - 60,
  };
}

const EMPTY = { status: "waiting", elapsed: 0, participants: [], questions: [], current_question: null, answers: [], messages: [], captions: [], help: [], recording: [] };

export function startRooms(server, { state, sessionOf }) {
  const io = new Server(server);
  io.use((socket, next) => {
    if (state().sockets === "refuse") return next(new Error("down"));
    return next();
  });
  io.on("connection", (socket) => {
    let room = null;
    let me = null;
    let seq = 20;
    const told = () => ({ seq: ++seq, event_id: randomUUID() });
    const say = (name, data, client_id = null) => {
      const message = { interview_id: room.session_id, ...data, ...told(), client_id };
      socket.emit(name, message);
      return { status: "ok", seq: message.seq, event_id: message.event_id, client_id };
    };
    const on = (name, run) =>
      socket.on(name, (data, ack) => {
        const answer = run(data);
        if (typeof ack === "function") ack(answer);
      });

    on("ping", ({ timestamp }) => ({ timestamp, server_time: seconds() }));
    on("join_interview", ({ interview_id, user_id }) => {
      room = sessionOf(interview_id);
      me = user_id;
      const view = room.room === "empty" ? { ...EMPTY } : underWay(room.language, room.status);
      if (state().help) view.help = [{ help_id: "h-1", user_id: "c-1", help_type: "technical", question_id: "q2", message: "", timestamp: seconds() - 20 }];
      if (state().paused) view.status = "paused";
      if (view.participants.length === 0) view.participants = [{ user_id, name: room.my_role === "candidate" ? room.candidate_name : "Jonas Feld", role: room.my_role, status: "online" }];
      setTimeout(() => {
        socket.emit("snapshot", { state: view, last_seq: seq, epoch: "e1" });
        if (view.status === "live" && room.room !== "empty") {
          socket.emit("live_transcription", { user_id: "c-1", text: ROOM_TEXTS[room.language].hearing, is_final: false, timestamp: seconds() });
          socket.emit("user_typing", { user_id: room.my_role === "candidate" ? "u-1" : "c-1", is_typing: true, interview_id });
        }
        if (state().announcement) say("system_message", { message: state().announcement, level: "warning", timestamp: seconds() });
      }, 5);
      return { status: "joined", interview_id, participants_count: 2, recovered: true, last_seq: seq, epoch: "e1" };
    });
    const turn = (name, told_as) => on(name, ({ client_id }) => say(told_as, { by: me, timestamp: seconds() }, client_id));
    turn("start_interview", "interview_started");
    turn("pause_interview", "interview_paused");
    turn("resume_interview", "interview_resumed");
    on("end_interview", ({ client_id }) => say("interview_ended", { ended_by: me, timestamp: seconds(), message: "", reason: "interviewer" }, client_id));
    on("emergency_stop", ({ client_id, reason }) => say("interview_emergency_stopped", { stopped_by: me, reason, timestamp: seconds() }, client_id));
    on("start_question", ({ question_id, question_text, client_id }) =>
      say("question_started", { question_id, question_text, start_time: seconds(), time_limit_s: questionsOf(room.language).find((item) => item.question_id === question_id)?.time_limit_s ?? null, number: 3 }, client_id));
    on("send_message", ({ message, type, client_id }) => say("new_message", { user_id: me, message, type, timestamp: seconds(), message_id: randomUUID() }, client_id));
    on("submit_answer", ({ question_id, client_id, response_time }) =>
      say("answer_submitted", { question_id, user_id: me, response_time, timestamp: seconds(), version: 1 }, client_id));
    on("analyze_answer", ({ question_id, user_id }) => ({ question_id, user_id, ...ROOM_TEXTS[room.language].analysis }));
    on("request_help", ({ help_type, client_id }) => say("help_requested", { user_id: me, help_type, timestamp: seconds(), help_id: "h-2", message: "" }, client_id));
    on("resolve_help", ({ help_id, client_id }) => say("help_resolved", { help_id, user_id: "c-1", resolved_by: me, timestamp: seconds() }, client_id));
  });
  return io;
}
