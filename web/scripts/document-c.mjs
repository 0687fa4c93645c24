/**
 * Document C's browser client, in a real browser against a real server: what is understood of the same words, sent in
 * every format.
 *
 *   node scripts/document-c.mjs --base http://127.0.0.1:8000 --files folder --microphone words.wav --seconds 12
 *
 * Every file of `--files` is sent as an `audio_input` in the format that its name ends with. Then a MediaRecorder
 * takes down, in pieces of 250 ms, what the browser hears for `--seconds`: each piece is sent as it comes, and all of
 * them as one blob, under its own name and under the name of WAV, which clients give it that never look. What is
 * heard is printed as `NAME: text`.
 */

import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { startBrowser } from "./browser.mjs";
import { option, step } from "./steps.mjs";

const base = option("base");
const folder = option("files");
const microphone = option("microphone");
if (base === null || folder === null || microphone === null) throw new Error("--base, --files and --microphone are needed");
const seconds = Number(option("seconds") ?? "10");

/** Runs in the page: the client. */
function client() {
  const address = `ws://${location.host}/api/v1/ws`;
  const encoded = (blob) =>
    new Promise((done) => {
      const reader = new FileReader();
      reader.onloadend = () => done(reader.result.split(",")[1]);
      reader.readAsDataURL(blob);
    });

  /** A connection that has greeted, and what is heard of the one answer that is sent on it. */
  const connect = () =>
    new Promise((opened, failed) => {
      const socket = new WebSocket(address);
      let session = null;
      const send = (type, data) =>
        socket.send(JSON.stringify({ type, session_id: session, timestamp: new Date().toISOString(), data }));
      const heard = new Promise((done, refused) => {
        socket.onmessage = ({ data: text }) => {
          const { type, session_id, data } = JSON.parse(text);
          if (type === "connected" && session === null) {
            session = session_id;
            send("connect", { interview_style: "technical", language: "en", client_info: { platform: "web" } });
            opened({ send, socket, heard });
          } else if (type === "error") refused(new Error(`${data.error}: ${data.details}`));
          else if (type === "ai_response" && data.user_input !== "") done(data.user_input);
        };
      });
      socket.onerror = () => failed(new Error("the connection failed"));
    });

  const sendBlob = async (blob, format) => {
    const { send, socket, heard } = await connect();
    send("audio_input", { audio_data: await encoded(blob), audio_format: format, context: {} });
    const text = await heard;
    socket.close();
    return text;
  };

  const record = async (duration_s) => {
    const processing = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: processing });
    const { send, socket, heard } = await connect();
    const recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus" });
    const pieces = [];
    send("audio_start", { audio_format: "webm", endpointing: false });
    recorder.ondataavailable = ({ data }) => {
      pieces.push(data);
      socket.send(data);
    };
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start(250);
    await new Promise((done) => setTimeout(done, duration_s * 1_000));
    recorder.stop();
    await stopped;
    send("audio_end", {});
    const text = await heard;
    socket.close();
    for (const track of stream.getTracks()) track.stop();
    return { text, blob: new Blob(pieces, { type: recorder.mimeType }), pieces: pieces.length };
  };
  return { sendBlob, record };
}

const READY_MS = 120_000;

/** Waits until the server can hear. */
async function heardBy(server) {
  for (const until = Date.now() + READY_MS; Date.now() < until; ) {
    const { parts } = await (await fetch(new URL("/readyz", server))).json();
    if (parts.voice === "ready") return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error("the server does not hear");
}

await heardBy(base);
const browser = await startBrowser([
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${microphone}`,
]);
try {
  const context = await browser.newContext({ permissions: ["microphone"] });
  const page = await context.newPage();
  await page.goto(base);
  await page.evaluate(`window.client = (${client})()`);
  for (const name of readdirSync(folder).sort()) {
    const format = extname(name).slice(1);
    const bytes = readFileSync(join(folder, name)).toString("base64");
    const text = await page.evaluate(
      async ([data, type]) => {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
        return window.client.sendBlob(new Blob([bytes], { type: `audio/${type}` }), type);
      },
      [bytes, format],
    );
    step(`${format}: ${text}`);
  }
  const recorded = await page.evaluate(async (duration_s) => {
    const { text, blob, pieces } = await window.client.record(duration_s);
    return {
      pieces,
      "recorder in pieces": text,
      "recorder as webm": await window.client.sendBlob(blob, "webm"),
      "recorder as wav": await window.client.sendBlob(blob, "wav"),
    };
  }, seconds);
  for (const [name, text] of Object.entries(recorded)) step(`${name}: ${text}`);
} finally {
  await browser.close();
}
