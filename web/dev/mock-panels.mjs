/** The stand-in server's panels: enough of their door for developing the web app and for its screenshots. */

import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";
import { evaluationsOf, hearingOf, notesOf, RUBRICS, speakersOf, transcriptsOf } from "./content-panels.mjs";

const DOOR = /^\/api\/v1\/realtime-interview\/ws\/interview\/([^/?]+)/;

/** The panel as this viewer sees it; `session.panel` is "empty" before anybody spoke. */
function snapshotOf(session) {
  const { language } = session;
  const leads = !["candidate", "observer"].includes(session.my_role);
  const empty = session.panel === "empty";
  const speakers = speakersOf(language);
  if (session.panel === "declined") speakers[3].withdrew = true;
  return {
    status: session.status,
    duration: empty ? 0 : 97,
    speakers: empty ? speakers.filter(({ role }) => role === "candidate") : speakers.slice(0, 4),
    transcripts: empty ? [] : transcriptsOf(language),
    evaluations: empty || !leads ? [] : evaluationsOf(language, session.evaluation_visibility === "sealed"),
    speaker_notes: empty || !leads ? {} : { all: notesOf(language) },
  };
}

export function startPanels(server, { state, sessionOf }) {
  const door = new WebSocketServer({ noServer: true });
  const open = new Set();
  server.on("upgrade", (request, socket, head) => {
    const match = DOOR.exec(request.url);
    if (match === null) return;
    if (state().sockets === "refuse") return void socket.destroy();
    door.handleUpgrade(request, socket, head, (opened) => onConnection(opened, sessionOf(decodeURIComponent(match[1]))));
  });

  function onConnection(socket, session) {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    let seq = 40;
    const say = (message) => socket.send(JSON.stringify(message));
    const place = { last_seq: seq, epoch: "e1", private_seq: 4 };
    say({ type: "connected", session_id: session.session_id, recovered: false, version: "mock", ...place });
    say({ type: "snapshot", state: snapshotOf(session), ...place });
    if (session.status === "live" && session.panel !== "empty") say(hearingOf(session.language));
    socket.on("message", (data, binary) => {
      if (binary) return;
      const { type, client_id, ...fields } = JSON.parse(data.toString());
      if (type === "ping") return say({ type: "pong", timestamp: new Date().toISOString() });
      if (type === "audio_start") return say({ type: "audio_ack", received_ms: 0, received_bytes: 0, recording_id: "r1", last: false, seq });
      if (type === "evaluation_request") return say({ type: "evaluation_summary", summary: { candidates: [] } });
      if (type === "session_end") return say({ type: "session_ended", final_result: {}, seq: ++seq, event_id: randomUUID() });
      if (type === "speaker_note") {
        return say({ type: "note_saved", ...fields, speaker_id: fields.speaker, author: "Jonas Feld", author_id: "u-1", at_s: 97, seq, private_seq: 5, event_id: randomUUID(), client_id });
      }
      return say({ type: "saved", seq, client_id });
    });
  }
  return { disconnect: () => open.forEach((socket) => socket.terminate()) };
}

const rubricOf = (id, refusal) => {
  const found = RUBRICS.find(({ rubric_id }) => rubric_id === id);
  if (found === undefined) throw refusal(404, "not_found", "There is no such rubric.");
  return found;
};

export const panelRoutes = (state, refusal) => [
  ["GET", /^rubrics$/, () => {
    if (state().rubrics === "error") throw refusal(500, "internal", "");
    return { items: RUBRICS, next_cursor: null };
  }],
  ["GET", /^rubrics\/([^/]+)$/, ({ id }) => rubricOf(id, refusal)],
  ["POST", /^rubrics(?:\/[^/]+\/versions)?$/, ({ body }) => ({ ...RUBRICS[1], ...body })],
  ["GET", /^voice$/, () => ({ state: "ready", fetched: null })],
];
