// An official client through a whole interview in a room, as document A's clients do it: events out, handlers for what comes.
// usage: node interview.js VERSION TRANSPORTS PORT ROOM. Prints "ok" and the transport; exits with 1 and a sentence otherwise.
const assert = require("assert");
const [version, transports, port, room] = process.argv.slice(2);
const { io } = require(`client-${version}`);

const socket = io(`http://127.0.0.1:${port}`, {
  auth: { token: "your_jwt_token_here" },
  transports: transports.split(","),
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
});
const me = { interview_id: room, user_id: "user_123" };
const heard = [];
socket.onAny((name, data) => heard.push([name, data]));
const fail = (error) => {
  console.error(`${version} ${transports}: ${error.stack || error}\nheard: ${JSON.stringify(heard.slice(-8))}`);
  process.exit(1);
};
setTimeout(() => fail(new Error("it took too long")), 20000).unref();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The next event of that name among those that were not taken yet.
async function next(name) {
  for (;;) {
    const at = heard.findIndex(([found]) => found === name);
    if (at >= 0) return heard.splice(at, 1)[0][1];
    await pause(5);
  }
}
const send = (name, more) => socket.emit(name, { ...me, ...more });

async function interview() {
  const connected = await next("connected");
  assert.deepStrictEqual(Object.keys(connected).sort(), ["message", "session_id", "status", "user_id"]);
  assert.strictEqual((await next("online_users")).count >= 1, true);
  if (transports === "polling,websocket") {
    while (socket.io.engine.transport.name !== "websocket") await pause(10);
  }
  socket.emit("ping", { timestamp: Date.now() });
  assert.ok((await next("pong")).server_time > 1e9);

  send("join_interview");
  const joined = await next("joined_interview");
  assert.deepStrictEqual([joined.status, joined.interview_id, joined.participants_count], ["joined", room, 1]);
  assert.strictEqual((await next("participant_joined")).user_id, "user_123");

  send("start_interview");
  assert.strictEqual((await next("interview_started")).by, "user_123");
  send("start_question", { question_id: "q1", question_text: "자기소개를 해주세요." });
  const asked = await next("question_started");
  assert.deepStrictEqual([asked.question_id, asked.question_text], ["q1", "자기소개를 해주세요."]);
  assert.ok(Math.abs(asked.start_time - Date.now() / 1000) < 60);

  send("submit_answer", { question_id: "q1", answer_text: "안녕하세요.", response_time: 12.5 });
  assert.strictEqual((await next("answer_confirmed")).question_id, "q1");
  assert.strictEqual((await next("answer_submitted")).answer_text, "안녕하세요.");
  send("analyze_answer", { question_id: "q1", answer_text: "안녕하세요. 저는 배포를 맡아 시간을 절반으로 줄였습니다." });
  assert.ok("coverage" in (await next("answer_analysis")));

  send("send_message", { message: "hello", type: "text" });
  const message = await next("new_message");
  assert.deepStrictEqual([message.user_id, message.message, message.type], ["user_123", "hello", "text"]);
  send("typing_indicator", { is_typing: true });
  send("start_recording");
  assert.strictEqual((await next("recording_status")).is_recording, true);
  send("stop_recording");
  assert.strictEqual((await next("recording_status")).is_recording, false);
  send("request_help", { help_type: "technical", question_id: "q1" });
  assert.strictEqual((await next("help_request_sent")).status, "sent");
  const help = await next("help_requested");
  send("resolve_help", { help_id: help.help_id });
  await next("help_resolved");

  // The connection is lost; the client comes back by itself, and joins where it was.
  const seen = heard.length;
  socket.io.engine.close();
  await next("connected");
  const back = await new Promise((resolve) =>
    socket.emit("join_interview", { ...me, last_seq: message.seq, epoch: joined.epoch }, resolve),
  );
  assert.strictEqual(back.recovered, true, `after ${seen} events`);
  await next("joined_interview");
  assert.strictEqual((await next("help_resolved")).help_id, help.help_id);

  send("pause_interview");
  await next("interview_paused");
  const refused = await new Promise((resolve) =>
    socket.emit("submit_answer", { ...me, question_id: "q1", answer_text: "x" }, resolve),
  );
  assert.strictEqual(refused.error, "conflict");
  assert.strictEqual((await next("error")).error, "conflict");
  send("resume_interview");
  await next("interview_resumed");
  send("interview_status");
  const status = await next("interview_status_response");
  assert.deepStrictEqual([status.status, status.participants_count], ["live", 1]);
  send("end_interview");
  assert.strictEqual((await next("interview_ended")).ended_by, "user_123");
  send("leave_interview");
  assert.deepStrictEqual(await next("left_interview"), { status: "left", interview_id: room });
  assert.ok(!heard.some(([name]) => name === "user_typing"));
  console.log("ok", socket.io.engine.transport.name);
  socket.close();
  process.exit(0);
}
interview().catch(fail);
