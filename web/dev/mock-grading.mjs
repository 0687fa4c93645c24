/** Exams for the stand-in server: `exam-en`, `exam-ko`, `exam-zh`, the empty `exam-new`, and the sockets of grading. */

import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";
import { EXAMS, questionsOf, spanOf } from "./content-grading.mjs";

const HOUR = 3_600_000;
const iso = (offset = 0) => new Date(Date.now() + offset).toISOString();
const page = (items) => ({ items, next_cursor: null });
const languageOf = (id) => ["ko", "zh"].find((language) => id.endsWith(`-${language}`)) ?? "en";
const SETTINGS = {
  blind: true, check_share: 0.1, second_share: 0, disagreement: 0.1, tolerance: 0.1, least_confidence: 0.7,
  least_quality: 0.6, seed_share: 0.05, pause_on_alert: false, grader: "auto",
};

function examOf(id) {
  const language = languageOf(id);
  const texts = EXAMS[language];
  const empty = id === "exam-new";
  const questions = empty ? [] : questionsOf(language);
  return {
    exam_id: id, title: texts.title, created_by: "u-1", created_at: iso(-50 * HOUR), released: id.startsWith("exam-released"),
    question_count: questions.length, submissions: empty ? 0 : 200, responses: empty ? 0 : 800, waiting: empty ? 0 : 37,
    marked: empty ? 0 : 742, subject: texts.subject, language, settings: SETTINGS, questions,
    members: [{ user_id: "u-1", role: "teacher" }, { user_id: "marker-2", role: "grader" }], my_role: "teacher",
    by_status: empty ? {} : { marked: 742, to_mark: 34, to_moderate: 3 }, marks_by_people: 41, appeals_open: empty ? 0 : 1,
    issues: 1, open_alerts: empty ? 0 : 1, max_points: questions.reduce((sum, question) => sum + question.points, 0), seq: 20,
  };
}

const markOf = (language, kind, rater, points) => ({
  kind, rater, points, points_by: {}, comment: kind === "ai" ? "" : EXAMS[language].comment, reason: "", ai_status: "graded",
  confidence: kind === "ai" ? 0.62 : null, evidence: kind === "ai" ? [spanOf(language)] : [], rationale: "", feedback: "",
  stamp: null, question_version: 2, batch_id: "", at: iso(-HOUR),
});

function responsesOf(language, staff) {
  const texts = EXAMS[language];
  const answers = ["A", "2 mol", texts.answer, ""];
  const points = [1, 2, 2, 0];
  return questionsOf(language).map((question, index) => ({
    response_id: `sub-0.${question.question_id}`, question_id: question.question_id, question_text: question.text,
    type: question.type, answer: answers[index], chosen: [], filled: [], status: "marked", points: points[index],
    max_points: question.points, comment: index === 2 ? texts.comment : "", feedback: "",
    evidence: index === 2 ? [spanOf(language)] : [], has_image: staff && index < 3,
    ...(staff && {
      submission_id: "sub-0", student_id: "student-0", quality: [0.97, 0.41, 0.83, 0][index], seed: false,
      marks: index === 2 ? [markOf(language, "ai", "ai", 1), markOf(language, "first", "marker-2", 3)] : [markOf(language, "ai", "ai", points[index])],
    }),
  }));
}

const headOf = (language) => ({
  exam_id: `exam-${language}`, exam_title: EXAMS[language].title, submission_id: "sub-0", student_id: "student-0",
  student_name: EXAMS[language].students[0], class_id: "9b", overall_quality: null, created_at: iso(-40 * HOUR),
  points: 5, max_points: 12, marked: 4,
});

const batchOf = (id, part = {}) => ({
  batch_id: id, exam_id: `exam-${languageOf(id)}`, purpose: "full", status: "running", question_ids: [], total: 800, completed: 412,
  failed: 3, processing: 50, throughput: 38.4, created_by: "u-1", created_at: iso(-60_000), started_at: iso(-60_000),
  estimated_completion: iso(21_000), ended_at: null, active_s: 60, seq: 9, ...part,
});

const METRICS = { accuracyRate: 0.87, consistencyScore: 0.81, processingSpeed: 3.2, errorRate: 0.01, lastUpdated: iso(), doubleMarked: 64 };
const appealOf = (language, status) => ({
  appeal_id: `appeal-${status}-${language}`, exam_id: `exam-${language}`, submission_id: "sub-0", response_id: "sub-0.q3",
  student_id: "student-0", text: EXAMS[language].appeal, status, answer: status === "open" ? "" : EXAMS[language].reply,
  answered_by: status === "open" ? "" : "u-1", answered_at: null, created_at: iso(-3 * HOUR),
});

const students = (language) =>
  EXAMS[language].students.map((student_name, index) => ({
    submission_id: `sub-${index}`, exam_id: `exam-${language}`, student_id: `student-${index}`, student_name, class_id: "9b", source: "csv",
    overall_quality: index === 3 ? 0.48 : null, responses: 4, marked: index === 3 ? 2 : 4, points: 12 - 2 * index, created_at: iso(-40 * HOUR),
  }));

function imported(id) {
  const rows = students(languageOf(id));
  const { answer } = EXAMS[languageOf(id)];
  return {
    rows: 200, valid: 198, stored: 0,
    errors: [
      { row: 17, field: "student_id", message: "this student stands in the file twice" },
      { row: 93, field: "q3", message: "an answer has up to 20000 characters" },
    ],
    preview: rows.map((row) => ({ ...row, answers: { q1: "A", q2: "2 mol", q3: answer, q4: "" } })),
  };
}

/** A picture of a page as the server draws one: lines of print and a row of circles. */
const SHEET = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="827" height="1169"><rect width="100%" height="100%" fill="#fff"/>${Array.from(
    { length: 22 },
    (_, line) => `<rect x="70" y="${80 + line * 46}" width="${520 + ((line * 97) % 160)}" height="9" fill="#555"/>`,
  ).join("")}${[0, 1, 2, 3].map((n) => `<circle cx="${170 + n * 140}" cy="166" r="15" fill="#fff" stroke="#333" stroke-width="2"/>`).join("")}</svg>`,
);

const scanOf = (language, index, part) => ({
  scan_id: `sub-${index}`, exam_id: `exam-${language}`, student_id: `student-${index}`, student_name: EXAMS[language].students[index] ?? "",
  class_id: "9b", file_name: `student-${index}.pdf`, status: "read", answers: 4, answers_read: 4, pages: [0.93], missing_pages: [],
  overall_quality: 0.88, poor: 0, error: null, created_at: iso(-60_000 * index), ...part,
});

const scansOf = (language) => [
  scanOf(language, 0, { status: "reading", answers_read: 2, pages: [], overall_quality: null }),
  scanOf(language, 1, { status: "waiting", answers_read: 0, pages: [], overall_quality: null }),
  scanOf(language, 2, {}),
  scanOf(language, 3, { pages: [0.42], missing_pages: [2], overall_quality: 0.31, poor: 2 }),
  scanOf(language, 4, {
    student_name: "", student_id: "2026-0117", file_name: "IMG_2207.pdf", status: "failed", pages: [], overall_quality: null,
    error: { error: "invalid_payload", message: REFUSAL[language], details: "", info: { reason: "scan_page_unreadable", page: 3 } },
  }),
];
const REFUSAL = { en: "Page 3 of the file is broken.", ko: "파일의 3쪽이 손상되었습니다.", zh: "文件第 3 页已损坏。" };

/** Where the stand-in's questions are answered; the last one's place is missing where the sheet is to be drawn. */
function placed(exam, without) {
  const questions = exam.questions.map((question, index) => {
    const top = 0.1 + index * 0.2;
    const options = question.key?.options?.map((option) => option.option_id) ?? [];
    const bubbles = options.map((option_id, n) => ({ option_id, box: { left: 0.187 + n * 0.17, top: 0.129, right: 0.224 + n * 0.17, bottom: 0.155 } }));
    const place = { page: 1, box: { left: 0.07, top, right: 0.9, bottom: top + 0.12 }, bubbles };
    return { ...question, place: index >= exam.questions.length - without ? null : place };
  });
  return { ...exam, questions };
}

export const gradingRoutes = (state) => [
  ["GET", /^exams\/([^/]+)\/scans$/, ({ id }) => {
    if (state().list === "error") throw new Error("the stand-in fails, as it was told to");
    return page(id === "exam-new" || state().list === "empty" ? [] : scansOf(languageOf(id)));
  }],
  ["POST", /^exams\/([^/]+)\/submissions\/scan$/, ({ id, query }) => scanOf(languageOf(id), 7, { student_id: query.get("student_id"), status: "waiting" })],
  ["DELETE", /^exams\/([^/]+)\/scans\/([^/]+)$/, () => ({})],
  ["POST", /^exams\/([^/]+)\/sheet-pages$/, () => ({ picture: SHEET })],
  ["GET", /^exams\/([^/]+)\/responses\/([^/]+)\/image$/, () => ({ picture: SHEET })],
  ["GET", /^exams$/, () => page(state().list === "empty" ? [] : ["exam-en", "exam-released", "exam-new"].map(examOf))],
  ["POST", /^exams$/, () => examOf("exam-new")],
  ["GET", /^exams\/([^/]+)$/, ({ id }) => placed(examOf(id), state().unplaced ?? 0)],
  ["PATCH", /^exams\/([^/]+)$/, ({ id }) => examOf(id)],
  ["PUT", /^exams\/([^/]+)\/(?:questions|members)\/([^/]+)$/, ({ id }) => examOf(id)],
  ["POST", /^exams\/([^/]+)\/(?:release|withhold)$/, ({ id }) => ({ ...examOf(id), released: true })],
  ["GET", /^exams\/([^/]+)\/versions$/, ({ id }) => page(id === "exam-new" ? [] : [
    { seq: 1, at: iso(-50 * HOUR), by: "u-1", change: "created", question_id: "", regrades: false, question: null },
    { seq: 6, at: iso(-2 * HOUR), by: "u-1", change: "question_set", question_id: "q3", regrades: true, question: questionsOf(languageOf(id))[2] },
  ])],
  ["GET", /^exams\/([^/]+)\/submissions$/, ({ id }) => page(id === "exam-new" ? [] : students(languageOf(id)))],
  ["POST", /^exams\/([^/]+)\/submissions\/csv$/, ({ id }) => imported(id)],
  ["GET", /^exams\/([^/]+)\/submissions\/([^/]+)$/, ({ id }) => ({ ...headOf(languageOf(id)), responses: responsesOf(languageOf(id), true) })],
  ["GET", /^exams\/([^/]+)\/batches$/, ({ id }) => page(id === "exam-new" ? [] : [
    batchOf(`batch-run-${languageOf(id)}`),
    batchOf(`batch-done-${languageOf(id)}`, { status: "completed", purpose: "trial", total: 80, completed: 80, failed: 0, processing: 0 }),
  ])],
  ["POST", /^exams\/([^/]+)\/batches$/, ({ id }) => batchOf(`batch-run-${languageOf(id)}`)],
  ["POST", /^exams\/([^/]+)\/batches\/estimate$/, () => ({ responses: 58, model_calls: 0, questions: [] })],
  ["GET", /^batches\/([^/]+)$/, ({ id }) => batchOf(id)],
  ["GET", /^batches\/([^/]+)\/failures$/, () => page(["sub-8.q4", "sub-31.q4", "sub-90.q4"].map((response_id) => ({ response_id, reason: "no_grader" })))],
  ["GET", /^exams\/([^/]+)\/responses$/, ({ id }) => page(id === "exam-new" ? [] : [responsesOf(languageOf(id), true)[2]])],
  ["POST", /^exams\/([^/]+)\/responses\/([^/]+)\/(?:moderate|override)$/, () => ({ response_id: "sub-0.q3", status: "marked", points: 2, seq: 30 })],
  ["GET", /^exams\/([^/]+)\/issues$/, ({ id }) => page(id === "exam-new" ? [] : [
    { issue_id: "i1", task_id: "t1", submission_id: "sub-3", reported_by: "marker-2", text: EXAMS[languageOf(id)].comment, created_at: iso(-HOUR) },
  ])],
  ["GET", /^exams\/([^/]+)\/quality$/, ({ id }) => id === "exam-new"
    ? { metrics: { ...METRICS, accuracyRate: null, consistencyScore: null, doubleMarked: 0 }, questions: [], raters: [] }
    : {
        metrics: METRICS,
        questions: questionsOf(languageOf(id)).map((question, index) => ({ question_id: question.question_id, marks: 16, accuracy: 1 - index * 0.08, kappa: index === 0 ? null : 0.95 - index * 0.07, exact: 0.9 - index * 0.1, bias: index * 0.06 - 0.1 })),
        raters: [{ rater: "marker-2", marks: 41, severity: -0.04, drift: 0.11 }],
      }],
  ["GET", /^exams\/([^/]+)\/quality\/matrix$/, () => ({ question_id: "q3", points: [0, 1, 2, 3], counts: [[9, 2, 0, 0], [1, 14, 3, 0], [0, 4, 17, 2], [0, 0, 1, 11]] })],
  ["GET", /^exams\/([^/]+)\/alerts$/, ({ id }) => page(id === "exam-new" ? [] : [
    { alert_id: "a1", exam_id: id, metric: "accuracyRate", about: "", value: 0.87, threshold: 0.9, level: "warning", raised_at: iso(-600_000), acknowledged_by: "", acknowledged_at: null, resolved_at: null },
    { alert_id: "a2", exam_id: id, metric: "drift", about: "marker-2", value: 0.31, threshold: 0.15, level: "critical", raised_at: iso(-9 * HOUR), acknowledged_by: "u-1", acknowledged_at: iso(-8 * HOUR), resolved_at: iso(-7 * HOUR) },
  ])],
  ["GET", /^exams\/([^/]+)\/thresholds$/, () => ({ items: Object.entries({ accuracyRate: 0.9, consistencyScore: 0.7, processingSpeed: 0, errorRate: 0.05 }).map(([metric, threshold]) => ({ metric, threshold })) })],
  ["GET", /^exams\/([^/]+)\/results$/, ({ id }) => page(id === "exam-new" ? [] : students(languageOf(id)).map((row, index) => ({ ...row, max_points: 12, by_question: { q1: 1, q2: 2, q3: Math.max(0, 3 - index), q4: index === 3 ? null : 6 - index } })))],
  ["GET", /^exams\/([^/]+)\/appeals$/, ({ id }) => page(id === "exam-new" ? [] : [appealOf(languageOf(id), "open"), appealOf(languageOf(id), "upheld")])],
  ["GET", /^appeals\/([^/]+)$/, ({ id }) => ({ ...appealOf(languageOf(id), "open"), given: responsesOf(languageOf(id), true)[2] })],
  ["POST", /^appeals\/([^/]+)\/answer$/, ({ id }) => appealOf(languageOf(id), "upheld")],
  ["GET", /^my\/results$/, () => page(state().list === "empty" ? [] : [headOf("en"), headOf("ko")].map((head) => ({ ...head, responses: 4 })))],
  ["GET", /^my\/results\/([^/]+)$/, ({ id }) => ({ ...headOf(languageOf(id)), responses: responsesOf(languageOf(id), false) })],
  ["GET", /^my\/appeals$/, ({ query }) => page([appealOf(languageOf(query.get("exam_id")), "upheld")])],
  ["POST", /^exams\/([^/]+)\/responses\/([^/]+)\/appeals$/, ({ id }) => appealOf(languageOf(id), "open")],
];

function taskOf(language) {
  const question = questionsOf(language)[2];
  return {
    taskId: `task-${language}`, examId: `exam-${language}`, questionId: "q3", questionType: question.type, response: EXAMS[language].answer,
    imageUrl: null, rubric: question.rubric, maxPoints: question.points, step: 1, questionText: question.text,
    modelAnswers: question.model_answers, guidance: "", kind: "first", quality: null, leaseUntil: iso(900_000), marks: [],
  };
}

const NOTICE = { id: "n", level: "success", title: "", message: "", link: null, seq: 10 };

function answerOf(door, id, { type, data }, marked) {
  const language = languageOf(id);
  const client = { client_id: data.client_id };
  switch (type) {
    case "get_progress": {
      const batch = batchOf(id);
      return ["GRADING_PROGRESS", {
        batchId: id, examId: batch.exam_id, totalTasks: 800, completedTasks: 412, processingTasks: 50, failedTasks: 3, status: "running",
        startTime: batch.started_at, estimatedCompletion: batch.estimated_completion, throughput: 38.4, seq: 9, event_id: "", ...client,
      }];
    }
    case "refresh_metrics":
      return ["QUALITY_METRICS", { metrics: id === "exam-new" ? { ...METRICS, accuracyRate: null, consistencyScore: null, doubleMarked: 0 } : METRICS }];
    case "join_grading_session":
      return ["GRADING_STATUS", { examId: id, status: "open", participants: ["u-1", "marker-2"], remaining: id === "exam-new" ? 0 : 37 - marked, marked: 742, seq: 20 }];
    case "request_next_task":
      return ["GRADING_TASK", id === "exam-new" || marked > 0 ? null : taskOf(language)];
    case "submit_grade":
      return ["GRADING_RESULT", { taskId: data.taskId, examId: id, points: data.points, status: "marked", timestamp: iso(), seq: 21, event_id: randomUUID(), ...client }];
    default:
      return type === "heartbeat_response" ? null : ["USER_NOTIFICATION", { ...NOTICE, ...client }];
  }
}

function onGrading(socket, door, id) {
  let marked = 0;
  const tell = (type, data) => socket.send(JSON.stringify({ type, timestamp: iso(), connection_id: "c", data, error: null, message_id: randomUUID() }));
  tell("HEARTBEAT", { server_time: iso(), last_seq: 9, epoch: "e1", recovered: null });
  socket.on("message", (frame) => {
    const message = JSON.parse(frame.toString());
    const answer = answerOf(door, id, { data: {}, ...message }, marked);
    if (message.type === "submit_grade") marked += 1;
    if (answer !== null) tell(...answer);
  });
}

export function startGrading(server, { state }) {
  const doors = new WebSocketServer({ noServer: true });
  const open = new Set();
  server.on("upgrade", (request, socket, head) => {
    const match = /^\/ws\/(progress|quality|grading)\/([^/?]+)/.exec(request.url);
    if (match === null) return undefined;
    if (state().sockets === "refuse") return socket.destroy();
    return doors.handleUpgrade(request, socket, head, (opened) => {
      open.add(opened);
      opened.on("close", () => open.delete(opened));
      onGrading(opened, match[1], decodeURIComponent(match[2]));
    });
  });
  return { disconnect: () => open.forEach((socket) => socket.terminate()) };
}
