/**
 * A stand-in for the server, for developing the web app and for its screenshots: `node dev/mock-server.mjs --port 8099`.
 * It keeps everything in memory, knows no rights, and serves the built app. Sign in with any address and the password
 * "correct". `POST /__mock` with `{list: "empty"|"error", sockets: "refuse", slow: ms}` brings about other states.
 */

import { randomUUID } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { competencies, QUESTIONS, report, TALKS } from "./content.mjs";
import { ROOM_TEXTS } from "./content-rooms.mjs";
import { candidateOf, panelReport, titleOf } from "./content-panels.mjs";
import { gradingRoutes, startGrading } from "./mock-grading.mjs";
import { panelRoutes, startPanels } from "./mock-panels.mjs";
import { questionsOf, startRooms } from "./mock-rooms.mjs";

const argument = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const PORT = Number(argument("port", "8099"));
const APP = argument("app", fileURLToPath(new URL("../../src/vivavoce/http/webapp/", import.meta.url)));
const HOUR = 3_600_000;
const iso = (offset = 0) => new Date(Date.now() + offset).toISOString();

let mock = {};
const sessions = new Map();
const invitations = new Map();
const tokens = new Map();
const messages = new Map();
const own = new Map();
const sockets = new Map();

const USER = { user_id: "u-1", name: "Jonas Feld", email: "jonas@example.com", role: "recruiter", language: "en" };

const ROOM_TITLES = { en: "Backend engineer, second round", ko: "프로덕트 디자이너 2차 면접", zh: "零售产品经理二面" };
const QUESTION_SETS = [
  { question_set_id: "set-1", version: 1, title: "Backend engineer, first round", language: "en", question_count: 3, time_s: 300 },
  { question_set_id: "set-2", version: 2, title: "Working together", language: "en", question_count: 3, time_s: 300 },
];

function addSession(id, part) {
  sessions.set(id, {
    session_id: id,
    kind: "dialogue",
    title: "",
    status: "scheduled",
    language: "en",
    role: "Backend engineer",
    interview_style: "friendly",
    competencies: ["technical_depth", "system_design", "teamwork"],
    duration_minutes: 30,
    job_description: "",
    resume: "",
    candidate_name: "",
    evaluation_visibility: "sealed",
    created_by: "u-1",
    created_at: iso(-26 * HOUR),
    started_at: null,
    ended_at: null,
    end_reason: null,
    elapsed_s: 0,
    remaining_s: 1800,
    answered: 0,
    last_seq: 1,
    epoch: "e1",
    report: "none",
    report_url: null,
    my_role: "recruiter",
    consent: null,
    connected: false,
    ...part,
  });
  messages.set(id, []);
}

const said = (language, count = Infinity) =>
  TALKS[language].slice(0, count).map((item, index) => ({
    role: item.speaker,
    text: item.text,
    at: iso(-HOUR + item.start * 1000),
    at_s: item.start,
    seq: index + 2,
    utterance_id: item.utterance_id,
    strategy: item.move?.[0] ?? null,
    focus_area: item.competency || null,
    reason: item.move?.[1] ?? null,
  }));

function seed() {
  for (const map of [sessions, invitations, tokens, messages, own]) map.clear();
  mock = {};
  const ended = { status: "ended", started_at: iso(-3 * HOUR), ended_at: iso(-2.5 * HOUR), report: "ready", remaining_s: 0 };
  addSession("s-done", { ...ended, candidate_name: "Maya Okafor", end_reason: "completed", elapsed_s: 680, answered: 6, last_seq: 14, competencies: ["technical_depth", "system_design", "teamwork", "ownership", "learning"] });
  addSession("s-sealed", { ...ended, candidate_name: "Tomás Herrera", end_reason: "time", elapsed_s: 680, answered: 6, last_seq: 14 });
  addSession("s-ko", { ...ended, candidate_name: "김서연", language: "ko", role: "프로덕트 디자이너", end_reason: "completed", elapsed_s: 372, answered: 3, last_seq: 8 });
  addSession("s-pending", { ...ended, candidate_name: "Ines Duarte", role: "Data analyst", report: "pending", end_reason: "candidate", elapsed_s: 900, answered: 7 });
  addSession("s-live", { status: "live", candidate_name: "李思远", language: "zh", role: "零售产品经理", started_at: iso(-0.1 * HOUR), elapsed_s: 240, remaining_s: 1560, answered: 2, last_seq: 6, connected: true, competencies: ["ownership", "planning"], interview_style: "technical" });
  addSession("s-new", { candidate_name: "Amara Singh", role: "Engineering manager", interview_style: "formal", duration_minutes: 45 });
  addSession("s-gone", { ...ended, status: "ended", candidate_name: "Pavel Novák", role: "Support engineer", report: "none", end_reason: "withdrawn", elapsed_s: 95, answered: 1 });
  for (let index = 1; index <= 18; index += 1) {
    addSession(`s-more-${index}`, { candidate_name: `Candidate ${index}`, role: "Customer advisor", duration_minutes: 20, created_at: iso(-(40 + index) * HOUR) });
  }
  addSession("c-en", { candidate_name: "Maya", role: "Backend engineer", duration_minutes: 30 });
  addSession("c-ko", { candidate_name: "서연", language: "ko", role: "프로덕트 디자이너", duration_minutes: 20 });
  addSession("c-zh", { candidate_name: "思远", language: "zh", role: "零售产品经理", duration_minutes: 20 });
  for (const [language, texts] of Object.entries(ROOM_TEXTS)) {
    const room = { kind: "room", title: ROOM_TITLES[language], role: "", language, status: "live", started_at: iso(-0.1 * HOUR), elapsed_s: 204, answered: 1 };
    addSession(`room-${language}`, room);
    addSession(`c-room-${language}`, { ...room, my_role: "candidate", candidate_name: texts.candidate });
    tokens.set(`room-${language}`, `c-room-${language}`);
  }
  addSession("room-new", { kind: "room", title: "Support engineer, first talk", role: "", room: "empty", scheduled_at: iso(20 * HOUR) });
  addSession("room-ended", { kind: "room", title: ROOM_TITLES.en, role: "", status: "ended", ended_at: iso(-HOUR), started_at: iso(-2 * HOUR), elapsed_s: 1300 });
  addSession("c-room-new", { kind: "room", title: ROOM_TITLES.en, role: "", room: "empty", my_role: "candidate", candidate_name: "Maya", status: "waiting" });
  addSession("c-room-stopped", { kind: "room", title: ROOM_TITLES.en, role: "", my_role: "candidate", candidate_name: "Maya", status: "stopped", ended_at: iso() });
  addSession("c-room-watch", { kind: "room", title: ROOM_TITLES.en, role: "", status: "live", elapsed_s: 204, my_role: "observer" });
  for (const id of ["c-room-new", "c-room-stopped", "c-room-watch"]) tokens.set(id.slice(2), id);
  const rubric = { rubric_id: "panel", version: "1", title: "Panel" };
  for (const language of ["en", "ko", "zh"]) {
    const panel = { kind: "panel", title: titleOf(language), role: "", language, status: "live", started_at: iso(-0.03 * HOUR), elapsed_s: 97, evaluation_visibility: "live", rubric };
    const over = { ...panel, status: "ended", ended_at: iso(-0.5 * HOUR), started_at: iso(-0.6 * HOUR), report: "ready" };
    addSession(`panel-${language}`, panel);
    addSession(language === "en" ? "panel-ended" : `panel-ended-${language}`, over);
    addSession(`c-panel-${language}`, { ...panel, my_role: "candidate", candidate_name: candidateOf(language), rubric: null });
    tokens.set(`panel-${language}`, `c-panel-${language}`);
    if (language !== "en") continue;
    addSession("panel-new", { ...panel, status: "scheduled", started_at: null, elapsed_s: 0, panel: "empty" });
    addSession("panel-sealed", { ...panel, evaluation_visibility: "sealed" });
    addSession("panel-declined", { ...panel, panel: "declined" });
    addSession("panel-ended-sealed", { ...over, evaluation_visibility: "sealed" });
  }
  messages.set("s-done", said("en"));
  messages.set("s-sealed", said("en"));
  messages.set("s-ko", said("ko"));
  messages.set("s-live", said("zh"));
  own.set("s-done", [
    {
      scorecard_id: "o-1",
      author_id: "u-1",
      author_name: "Jonas Feld",
      submitted_at: iso(-HOUR),
      recommendation: "yes",
      comment: "Strong on data; would like to hear more about how she learns.",
      criteria: [
        { criterion_id: "technical_depth", score: 5, comment: "" },
        { criterion_id: "system_design", score: 3, comment: "Range hashing was good, the rest stayed on the surface." },
        { criterion_id: "teamwork", score: 4, comment: "" },
        { criterion_id: "ownership", score: 4, comment: "" },
        { criterion_id: "learning", score: null, comment: "" },
      ],
    },
  ]);
  own.set("s-ko", [{ ...own.get("s-done")[0], author_name: "박지훈", criteria: [
    { criterion_id: "customer_focus", score: 5, comment: "" },
    { criterion_id: "teamwork", score: 4, comment: "" },
    { criterion_id: "problem_solving", score: 4, comment: "" },
    { criterion_id: "learning", score: null, comment: "" },
  ], comment: "관찰을 잘하는 분입니다." }]);
  for (const language of ["en", "ko", "zh"]) tokens.set(`${language}-token`, `c-${language}`);
  invitations.set("s-new", [
    { invitation_id: "i-1", name: "Amara Singh", role: "candidate", expires_at: iso(5 * 24 * HOUR), status: "open" },
    { invitation_id: "i-0", name: "Amara Singh", role: "candidate", expires_at: iso(4 * 24 * HOUR), status: "revoked" },
  ]);
  invitations.set("s-live", [{ invitation_id: "i-2", name: "李思远", role: "candidate", expires_at: iso(5 * 24 * HOUR), status: "accepted" }]);
}
seed();

class Refusal extends Error {
  constructor(status, error, message, info = {}) {
    super(message);
    this.status = status;
    this.shape = { error, message, details: "", info };
  }
}

const auth = (user) => ({ access_token: `access-${randomUUID()}`, refresh_token: `refresh-${randomUUID()}`, expires_in: 3600, user });

const sessionOf = (id) => {
  const session = sessions.get(id);
  if (session === undefined) throw new Refusal(404, "not_found", "There is no such interview.");
  return session;
};

function list(query) {
  if (mock.list === "error") throw new Refusal(500, "internal", "");
  if (mock.list === "empty") return { items: [], next_cursor: null };
  const limit = Number(query.get("limit") ?? 20);
  const from = Number(query.get("cursor") ?? 0);
  const wanted = (query.get("q") ?? "").toLowerCase();
  const all = [...sessions.values()].filter(
    (item) =>
      !item.session_id.startsWith("c-") &&
      (!query.get("status") || item.status === query.get("status")) &&
      `${item.candidate_name} ${item.role}`.toLowerCase().includes(wanted),
  );
  return { items: all.slice(from, from + limit), next_cursor: from + limit < all.length ? String(from + limit) : null };
}

function plan(body) {
  const known = competencies(body.language);
  const chosen = body.competencies.length > 0 ? known.filter((item) => body.competencies.includes(item.competency)) : known.slice(0, 4);
  const minutes = (body.duration_minutes - 3) / chosen.length;
  return {
    competencies: chosen.map((item, index) => ({
      competency: item.competency,
      name: item.name,
      minutes: Math.round(minutes * 2) / 2,
      why: item.description,
      questions: [0, 1].map((offset) => ({ question_id: `${item.competency}-${offset}`, text: QUESTIONS[body.language][(index + offset) % 4] })),
    })),
  };
}

function end(session, reason) {
  Object.assign(session, { status: "ended", ended_at: iso(), end_reason: reason, report: reason === "withdrawn" ? "none" : "pending" });
  for (const socket of sockets.get(session.session_id) ?? []) tell(socket, session, "session_ended", { report_url: null, reason, seq: ++session.last_seq });
  setTimeout(() => {
    if (session.report === "pending") session.report = "ready";
  }, 3000);
  return session;
}

function invite(session, body) {
  const token = randomUUID().replaceAll("-", "");
  tokens.set(token, session.session_id);
  const invitation = {
    invitation_id: randomUUID(),
    name: body.name,
    role: body.role ?? "candidate",
    expires_at: iso((body.expires_in_hours ?? 168) * HOUR),
    status: "open",
  };
  invitations.set(session.session_id, [invitation, ...(invitations.get(session.session_id) ?? [])]);
  return { ...invitation, token, url: `/i/${token}` };
}

const ROUTES = [
  ...gradingRoutes(() => mock),
  ...panelRoutes(() => mock, (...refusal) => new Refusal(...refusal)),
  ["POST", /^auth\/sign-in$/, ({ body }) => {
    if (body.email.startsWith("locked")) throw new Refusal(429, "rate_limited", "Too many attempts.", { retry_after: 874 });
    if (body.password !== "correct") throw new Refusal(401, "unauthorized", "Email or password is not right.");
    return auth({ ...USER, email: body.email });
  }],
  ["POST", /^auth\/links$/, ({ body }) => {
    if (body.token !== "good") throw new Refusal(401, "unauthorized", "The link was used.");
    return auth(USER);
  }],
  ["POST", /^auth\/refresh$/, () => auth(USER)],
  ["POST", /^auth\/sign-out$/, () => null],
  ["POST", /^auth\/tickets$/, () => ({ ticket: randomUUID(), expires_in: 30 })],
  ["POST", /^invitations\/accept$/, ({ body }) => {
    const id = tokens.get(body.token);
    if (id === undefined) throw new Refusal(404, "not_found", "There is no such invitation.");
    const { candidate_name: name, my_role: role, kind } = sessions.get(id);
    const userId = kind === "room" ? (role === "candidate" ? "c-1" : "o-1") : `c-${id}`;
    return { ...auth({ user_id: userId, name, email: null, role: "candidate", language: "" }), session_id: id };
  }],
  ["GET", /^sessions$/, ({ query }) => list(query)],
  ["POST", /^sessions$/, ({ body }) => {
    const id = `n-${randomUUID().slice(0, 8)}`;
    addSession(id, { ...body, created_at: iso(), remaining_s: (body.duration_minutes ?? 0) * 60, ...(body.kind === "room" ? { room: "empty", role: "" } : {}) });
    return sessions.get(id);
  }],
  ["POST", /^plan-previews$/, ({ body }) => plan(body)],
  ["GET", /^competencies$/, ({ query }) => ({ items: competencies(query.get("language")) })],
  ["GET", /^sessions\/([^/]+)$/, ({ id }) => {
    if (mock.session === "error") throw new Refusal(500, "internal", "");
    return sessionOf(id);
  }],
  ["GET", /^sessions\/([^/]+)\/questions$/, ({ id }) => ({ questions: questionsOf(sessionOf(id).language) })],
  ["GET", /^question-sets$/, ({ query }) => ({ items: QUESTION_SETS.filter((set) => set.language === query.get("language")), next_cursor: null })],
  ["POST", /^question-sets$/, ({ body }) => ({ ...body, question_set_id: "set-new", version: 1 })],
  ["GET", /^question-sets\/([^/]+)$/, ({ id }) => ({ ...QUESTION_SETS.find((set) => set.question_set_id === id), questions: questionsOf("en") })],
  ["GET", /^sessions\/([^/]+)\/transcript$/, ({ id }) => ({
    session_id: id,
    language: sessionOf(id).language,
    utterances: [],
    spoken: [],
    confirmation: { status: "none", confirm_by: null },
  })],
  ["GET", /^sessions\/([^/]+)\/messages$/, ({ id }) => ({ items: messages.get(id) ?? [] })],
  ["POST", /^sessions\/([^/]+)\/end$/, ({ id, candidate }) => end(sessionOf(id), candidate ? "candidate" : "interviewer")],
  ["POST", /^sessions\/([^/]+)\/withdraw$/, ({ id }) => (sessionOf(id).kind === "panel" ? sessionOf(id) : end(sessionOf(id), "withdrawn"))],
  ["POST", /^sessions\/([^/]+)\/consents$/, ({ id, body }) => Object.assign(sessionOf(id), { consent: Object.fromEntries(body.purposes.map((purpose) => [purpose, body.agreed])) })],
  ["GET", /^sessions\/([^/]+)\/invitations$/, ({ id }) => ({ items: invitations.get(id) ?? [] })],
  ["POST", /^sessions\/([^/]+)\/invitations$/, ({ id, body }) => invite(sessionOf(id), body)],
  ["DELETE", /^sessions\/([^/]+)\/invitations\/([^/]+)$/, ({ id, sub }) => {
    for (const item of invitations.get(id) ?? []) if (item.invitation_id === sub) item.status = "revoked";
    return null;
  }],
  ["GET", /^sessions\/([^/]+)\/report$/, ({ id }) => {
    const session = sessionOf(id);
    if (session.report !== "ready") throw new Refusal(409, "conflict", "The report is being prepared.");
    const cards = own.get(id) ?? [];
    if (session.kind === "panel") return panelReport(session, session.evaluation_visibility === "sealed" && cards.length === 0, cards);
    return report(session, session.evaluation_visibility === "sealed" && cards.length === 0, cards);
  }],
  ["GET", /^sessions\/([^/]+)\/scorecards$/, ({ id }) => ({ items: own.get(id) ?? [] })],
  ["POST", /^sessions\/([^/]+)\/scorecards$/, ({ id, body }) => {
    const card = { scorecard_id: randomUUID(), author_id: "u-1", author_name: "Jonas Feld", submitted_at: iso(), ...body };
    own.set(id, [card]);
    return card;
  }],
];

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

function serve(path, response) {
  let file = join(APP, normalize(path));
  if (!file.startsWith(APP) || !existsSync(file) || statSync(file).isDirectory()) file = join(APP, "index.html");
  response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

async function answer(request, response) {
  const url = new URL(request.url, "http://mock");
  let text = "";
  for await (const chunk of request) text += chunk;
  const isJson = (request.headers["content-type"] ?? "application/json").startsWith("application/json");
  const body = text === "" || !isJson ? {} : JSON.parse(text);
  const json = (status, value) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(value === null ? "" : JSON.stringify(value));
  };
  if (url.pathname === "/__mock") {
    if (body.reset) seed();
    mock = { ...mock, ...body };
    if (body.sockets === "refuse") rooms.disconnectSockets(true);
    if (body.sockets === "refuse") grading.disconnect();
    if (body.sockets === "refuse") panels.disconnect();
    if (body.sockets === "refuse") for (const open of sockets.values()) for (const socket of open) socket.terminate();
    return json(200, mock);
  }
  if (!url.pathname.startsWith("/api/")) return serve(url.pathname, response);
  if (mock.slow) await new Promise((done) => setTimeout(done, mock.slow));
  const path = url.pathname.replace("/api/v1/", "");
  if (/^sessions\/[^/]+\/report\.pdf$/.test(path)) {
    response.writeHead(200, { "Content-Type": "application/pdf" });
    return response.end("%PDF-1.4\n%%EOF");
  }
  for (const [method, pattern, run] of ROUTES) {
    const match = method === request.method ? pattern.exec(path) : null;
    if (match === null) continue;
    const id = match[1] === undefined ? undefined : decodeURIComponent(match[1]);
    const value = run({ id, sub: match[2], body, query: url.searchParams, candidate: id?.startsWith("c-") });
    if (value?.picture !== undefined) {
      response.writeHead(200, { "Content-Type": "image/svg+xml", "X-Page-Count": "2" });
      return response.end(value.picture);
    }
    return json(value === null ? 204 : request.method === "POST" ? 201 : 200, value);
  }
  return json(404, { error: "not_found", message: "There is nothing here.", details: path, info: {} });
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    const shape = error instanceof Refusal ? error.shape : { error: "internal", message: String(error), details: "", info: {} };
    response.writeHead(error.status ?? 500, { "Content-Type": "application/json" });
    response.end(JSON.stringify(shape));
  });
});

const tell = (socket, session, type, data) =>
  socket.send(JSON.stringify({ type, session_id: session.session_id, timestamp: iso(), data }));

function progress(socket, session, more = {}) {
  tell(socket, session, "progress", {
    status: session.status,
    answered: session.answered,
    focus_area: "",
    elapsed_s: session.elapsed_s,
    remaining_s: session.remaining_s,
    patience_until: null,
    connected: true,
    seq: session.last_seq,
    ...more,
  });
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function reply(socket, session, text, clientId = null, inputSeq = null) {
  const said = messages.get(session.session_id);
  const next = QUESTIONS[session.language][said.filter((item) => item.role === "interviewer").length % 4];
  const turn = randomUUID();
  await pause(mock.think ?? 700);
  for (const part of Array.from(next).join("").match(/.{1,8}/gsu) ?? []) {
    if (socket.readyState !== 1) return;
    tell(socket, session, "ai_response_delta", { text: part, turn_id: turn });
    await pause(30);
  }
  const seq = ++session.last_seq;
  const message = { role: "interviewer", text: next, at: iso(), at_s: session.elapsed_s, seq, strategy: "deep_dive", focus_area: "", reason: "" };
  said.push(message);
  tell(socket, session, "ai_response", {
    user_input: text, ai_response: next, response_type: "question", strategy_used: "deep_dive", focus_area: "", confidence: null,
    processing_time: 0.7, transcription_info: { confidence: null, duration: 0, language: session.language },
    seq, event_id: randomUUID(), input_seq: inputSeq, client_id: clientId, turn_id: turn,
  });
  progress(socket, session);
}

async function onText(socket, session, { text, client_id: clientId }) {
  const said = messages.get(session.session_id);
  const known = said.find((item) => item.client_id === clientId);
  if (known !== undefined) return tell(socket, session, "status", { status: "processing", message: "", client_id: clientId, seq: known.seq });
  const seq = ++session.last_seq;
  said.push({ role: "candidate", text, at: iso(), at_s: session.elapsed_s, seq, client_id: clientId });
  session.answered += 1;
  tell(socket, session, "status", { status: "processing", message: "", client_id: clientId, seq });
  await reply(socket, session, text, clientId, seq);
}

function onConnection(socket, id) {
  const session = sessionOf(id);
  const open = sockets.get(id) ?? new Set();
  sockets.set(id, open.add(socket));
  socket.on("close", () => open.delete(socket));
  const greet = () => tell(socket, session, "connected", { status: "connected", server_info: { version: "mock" }, recovered: true, last_seq: session.last_seq, epoch: "e1" });
  greet();
  socket.on("message", (frame) => {
    const { type, data } = JSON.parse(frame.toString());
    if (type === "connect") {
      greet();
      if (!id.startsWith("c-")) return progress(socket, session);
      const fresh = session.status === "scheduled";
      Object.assign(session, { status: "live", started_at: session.started_at ?? iso(), connected: true });
      progress(socket, session);
      if (fresh) void reply(socket, session, "");
    }
    if (type === "ping") tell(socket, session, "pong", { timestamp: iso() });
    if (type === "think_time") progress(socket, session, { patience_until: iso(60_000) });
    if (type === "text_input") void onText(socket, session, data);
  });
}

const door = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (["/socket.io/", "/ws/", "/api/v1/realtime-interview/"].some((start) => request.url.startsWith(start))) return undefined;
  const match = /^\/api\/v1\/ws\/([^/?]+)/.exec(request.url);
  if (match === null || mock.sockets === "refuse") return socket.destroy();
  return door.handleUpgrade(request, socket, head, (opened) => onConnection(opened, decodeURIComponent(match[1])));
});

const grading = startGrading(server, { state: () => mock });

const rooms = startRooms(server, { state: () => mock, sessionOf });

const panels = startPanels(server, { state: () => mock, sessionOf });

server.listen(PORT, "127.0.0.1", () => process.stdout.write(`mock on http://127.0.0.1:${PORT}\n`));
