// One official client through everything a door needs. usage: node talk.js VERSION TRANSPORTS PORT
// Prints "ok" and the transport at the end; exits with 1 and a sentence at the first thing that is not as it should be.
const assert = require("assert");
const [version, transports, port] = process.argv.slice(2);
const { io } = require(`client-${version}`);

const socket = io(`http://127.0.0.1:${port}`, {
  transports: transports.split(","),
  auth: { token: "t" },
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
  forceNew: true,
});
const next = (event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const ask = (...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));
const fail = (error) => {
  console.error(`${version} ${transports}: ${error.stack || error}`);
  process.exit(1);
};
setTimeout(() => fail(new Error("it took too long")), 15000).unref();
socket.on("question", (value, ack) => ack({ got: value }));

async function talk() {
  assert.deepStrictEqual(await next("welcome"), [{ token: "t" }]);
  if (transports === "polling,websocket") {
    while (socket.io.engine.transport.name !== "websocket") await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const echoed = next("echoed");
  socket.emit("echo", "면접", { a: [1, null, true] });
  assert.deepStrictEqual(await echoed, ["면접", { a: [1, null, true] }]);

  assert.deepStrictEqual(await ask("ask", 1, "two"), [1, "two"]);
  const bytes = Buffer.from([1, 2, 3, 255]);
  const [answer] = await ask("ask", { audio: bytes });
  assert.ok(Buffer.from(answer.audio).equals(bytes));

  const heard = next("echoed");
  socket.emit("echo", bytes, Buffer.alloc(100000, 7));
  const [first, second] = await heard;
  assert.ok(Buffer.from(first).equals(bytes));
  assert.strictEqual(Buffer.from(second).length, 100000);

  const answered = next("answered");
  socket.emit("ask me", 42);
  assert.deepStrictEqual(await answered, [[{ got: 42 }]]);

  const burst = [];
  socket.on("number", (value) => burst.push(value));
  socket.emit("count", 200);
  while (burst.length < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepStrictEqual(burst, Array.from({ length: 200 }, (_, index) => index));

  const refused = next("error");
  const [shape] = await ask("forbidden");
  assert.strictEqual(shape.error, "forbidden");
  assert.strictEqual((await refused)[0].error, "forbidden");

  const before = socket.id;
  const [gone, again] = [next("disconnect"), next("welcome")];
  socket.emit("cut me");
  await gone;
  await again;
  assert.notStrictEqual(socket.id, before);
  assert.deepStrictEqual(await ask("ask", "after"), ["after"]);

  const other = socket.io.socket("/other", { auth: { who: "other" } });
  other.connect();
  await new Promise((resolve, reject) => {
    other.once("welcome", resolve);
    other.once("connect_error", reject);
  });
  const closed = socket.io.socket("/closed");
  closed.connect();
  const error = await new Promise((resolve) => closed.once("connect_error", resolve));
  assert.strictEqual(error.data.error, "unauthorized");

  const transport = socket.io.engine.transport.name;
  socket.disconnect();
  console.log(`ok ${transport}`);
  process.exit(0);
}
talk().catch(fail);
