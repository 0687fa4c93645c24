// Node's socket.io as a rooms server that lets everybody in. usage: node node_server.js PORT
const { createServer } = require("http");
const { Server } = require("socket.io");
const { PerformanceObserver, performance } = require("perf_hooks");

let longest = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
}).observe({ entryTypes: ["gc"] });

const http = createServer();
const io = new Server(http, { wsEngine: require("ws").Server, cors: { origin: "*" } });
io.on("connection", (socket) => {
  const room = String(socket.handshake.auth.room ?? 0);
  socket.data = { userId: "7", role: "candidate", room };
  socket.join(room);
  socket.on("send_message", (message, ack) => ack(message));
  socket.on("publish", (message) => io.to(room).emit("delivery", message));
});
process.on("SIGUSR2", () => {
  const before = longest, began = performance.now();
  global.gc();
  console.log(JSON.stringify({ longest_gc_ms: before, full_gc_ms: performance.now() - began }));
});
process.on("SIGTERM", () => process.exit(0));
http.listen(Number(process.argv[2]), "127.0.0.1", 4096, () => console.log("ready"));
