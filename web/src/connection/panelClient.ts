/**
 * One socket to one panel, kept alive: it comes back by itself and goes on where it was, sends what was asked for until
 * the server answers, and brings the microphone's samples there. No React, no globals.
 */

import type { ErrorData, ServerMessage } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { answeredBy, identityOf, type PanelMessage, parsePanelMessage } from "@/protocol/panelMessages";
import { AudioUplink } from "./audioUplink";
import { BACKOFF, type BackoffOptions, waitBefore } from "./backoff";
import { AddressRefused, type ConnectionState, type Socket } from "./socketClient";

export interface PanelClientOptions {
  /** Where to connect, with a query of one's own; called for each try. Throws when it cannot be had. */
  address: (query: Record<string, string>) => Promise<string>;
  freshToken: () => Promise<string | null>;
  openSocket: (address: string) => Socket;
  onState: (state: ConnectionState) => void;
  onMessage: (message: PanelMessage) => void;
  /** The server takes no more of what the microphone heard, and why. */
  onAudioRefused: (error: ErrorData) => void;
  /** Whether something that was said is not safe yet. */
  onAudioWaiting: (waiting: boolean) => void;
  online?: () => boolean;
  now?: () => number;
  random?: () => number;
  backoff?: BackoffOptions;
  silence_ms?: number;
  answer_within_ms?: number;
  refresh_every_ms?: number;
}

/** The server refused a command; `data` is its error. */
export class PanelRefusal extends Error {
  constructor(readonly data: ErrorData) {
    super(data.message);
  }
}

interface Pending {
  client_id: string;
  type: string;
  payload: Record<string, unknown>;
  resolve: () => void;
  reject: (error: PanelRefusal) => void;
}

const FEATURES = "status,transcript,partials,evaluations";
const OPEN = 1;
const SEEN = 2_000;
const STABLE_MS = 5_000;
const FINAL_CODES: ReadonlySet<number> = new Set([4401, 4403, 4404]);
const RETRYABLE: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);
const RETRY_MS = 2_000;
/** What answers a command that is not answered by its `client_id`. */
const ANSWERS: Partial<Record<PanelMessage["type"], string>> = {
  evaluation_summary: "evaluation_request",
  session_ended: "session_end",
};

type Timer = ReturnType<typeof setTimeout>;

export class PanelClient {
  readonly #options: Required<PanelClientOptions>;
  readonly #uplink: AudioUplink;
  #socket: Socket | null = null;
  #generation = 0;
  #state: ConnectionState = { name: "idle" };
  #attempt = 0;
  /** Where this viewer is; null before the session as it is has come. */
  #position: { last_seq: number; private_seq: number; epoch: string } | null = null;
  #seen = new Set<string>();
  #pending: Pending[] = [];
  #timers = new Map<string, Timer>();
  #own = false;
  /** The recording that is being opened: the door answers with where it stands. */
  #opening = "";

  constructor(options: PanelClientOptions) {
    this.#options = {
      online: () => true,
      now: () => Date.now(),
      random: () => Math.random(),
      backoff: BACKOFF,
      silence_ms: 25_000,
      answer_within_ms: 10_000,
      refresh_every_ms: 240_000,
      ...options,
    };
    this.#uplink = new AudioUplink({
      wire: {
        sendNow: (type, data) => this.#audio(type, data),
        sendBytes: (bytes) => this.#sendBytes(bytes),
      },
      onChange: (waiting) => this.#options.onAudioWaiting(waiting),
      onRefused: (error) => this.#options.onAudioRefused(error),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  connect(): void {
    if (this.#state.name === "ended") return;
    this.#attempt = 0;
    this.#abandon();
    void this.#open();
  }

  close(): void {
    this.#abandon();
    this.#uplink.close();
    this.#set({ name: "idle" });
  }

  onlineChanged(online: boolean): void {
    if (this.#state.name === "ended" || this.#state.name === "refused" || this.#state.name === "idle") return;
    if (online) {
      if (this.#state.name !== "connected") this.connect();
      return;
    }
    this.#abandon();
    this.#set({ name: "offline" });
  }

  /** Does something, also after a lost connection; once, however often it is sent. Rejects with a PanelRefusal. */
  ask(type: string, payload: Record<string, unknown> = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const item = { client_id: newId(), type, payload, resolve, reject };
      this.#pending.push(item);
      this.#transmit(item);
    });
  }

  /** Begins a recording. `own`: nobody but this person speaks into the microphone. */
  startRecording(own: boolean): void {
    this.#own = own;
    this.#uplink.start({ endpointing: true });
  }

  /** The next samples, 16 bits at 16 kHz. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#uplink.push(bytes);
  }

  finishRecording(): void {
    this.#uplink.finish();
  }

  // ---- opening and closing

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    if (!this.#options.online()) return this.#set({ name: "offline" });
    this.#set({ name: "connecting", attempt: this.#attempt });
    let address: string;
    try {
      address = await this.#options.address(this.#query());
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof AddressRefused) {
        return this.#set({ name: "refused", code: error.code, message: error.message });
      }
      return this.#retry();
    }
    if (generation !== this.#generation) return;
    const socket = this.#options.openSocket(address);
    this.#socket = socket;
    socket.onmessage = (event) => {
      if (generation === this.#generation && typeof event.data === "string") this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (generation === this.#generation) this.#closed(event.code, event.reason);
    };
    this.#after("open", this.#options.answer_within_ms, () => this.#closed(1006, ""));
  }

  /** Somebody who was told nothing yet names a history that there never was, and is sent the session as it is. */
  #query(): Record<string, string> {
    const { last_seq, private_seq, epoch } = this.#position ?? { last_seq: 0, private_seq: 0, epoch: "none" };
    return { features: FEATURES, last_seq: String(last_seq), private_seq: String(private_seq), epoch };
  }

  #closed(code: number, reason: string): void {
    this.#abandon();
    if (this.#state.name === "ended") return;
    if (FINAL_CODES.has(code)) return this.#set({ name: "refused", code, message: reason });
    if ((code === 4008 || code === 4001) && this.#attempt === 0) {
      this.#attempt = 1;
      void this.#open();
      return;
    }
    this.#retry();
  }

  #retry(): void {
    if (!this.#options.online()) return this.#set({ name: "offline" });
    this.#attempt += 1;
    if (this.#attempt > this.#options.backoff.tries) return this.#set({ name: "failed" });
    const wait = waitBefore(this.#attempt, this.#options.random, this.#options.backoff);
    this.#set({ name: "reconnecting", attempt: this.#attempt, retry_at: this.#options.now() + wait });
    this.#after("retry", wait, () => void this.#open());
  }

  #abandon(): void {
    this.#generation += 1;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#uplink.disconnected();
    this.#opening = "";
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    try {
      socket.close(1000);
    } catch {
      // It was closing already.
    }
  }

  // ---- receiving

  #receive(frame: string): void {
    this.#after("silence", this.#options.silence_ms, () => this.#ping());
    clearTimeout(this.#timers.get("pong"));
    this.#timers.delete("pong");
    const message = parsePanelMessage(frame);
    if (message === null) return;
    if (message.type === "ping") return this.#write({ type: "pong" });
    if (message.type === "connected") this.#greeted(message.recovered);
    if (message.type === "snapshot") this.#seen.clear();
    this.#follow(message);
    if (this.#heardByUplink(message)) return;
    this.#settle(message);
    if (!this.#isNew(message)) return;
    this.#options.onMessage(message);
    if (message.type === "session_ended") {
      this.#abandon();
      this.#set({ name: "ended" });
    }
  }

  #greeted(recovered: boolean): void {
    clearTimeout(this.#timers.get("open"));
    this.#timers.delete("open");
    this.#after("stable", STABLE_MS, () => {
      this.#attempt = 0;
    });
    this.#scheduleRefresh();
    if (!recovered) this.#position = null;
    this.#set({ name: "connected" });
    for (const item of this.#pending) this.#transmit(item);
    this.#uplink.connected();
  }

  #follow(message: PanelMessage): void {
    if (message.type === "snapshot") {
      const { last_seq, private_seq, epoch } = message;
      this.#position = { last_seq, private_seq, epoch };
      return;
    }
    if (this.#position === null) return;
    const { seq, private_seq, event_id } = message as { seq?: number; private_seq?: number; event_id?: string };
    // What answers its sender only is no part of the history.
    if (event_id === undefined) return;
    if (private_seq !== undefined) this.#position.private_seq = Math.max(this.#position.private_seq, private_seq);
    else if (seq !== undefined) this.#position.last_seq = Math.max(this.#position.last_seq, seq);
  }

  #isNew(message: PanelMessage): boolean {
    const identity = identityOf(message);
    if (identity === null) return true;
    if (this.#seen.has(identity)) return false;
    this.#seen.add(identity);
    if (this.#seen.size > SEEN) this.#seen = new Set([...this.#seen].slice(SEEN / 2));
    return true;
  }

  /** The uplink was made for another door, which says when a stream is open and wraps what it says. */
  #heardByUplink(message: PanelMessage): boolean {
    if (message.type === "audio_ack") {
      const { type: _, ...data } = message;
      this.#uplink.receive({ type: "audio_ack", data } as unknown as ServerMessage);
      const client_id = this.#opening;
      this.#opening = "";
      if (client_id !== "") {
        const listening = { status: "listening", message: "", client_id, recording_id: message.recording_id };
        this.#uplink.receive({ type: "status", data: listening } as unknown as ServerMessage);
      }
      return true;
    }
    if (message.type !== "error") return false;
    if (answeredBy(message) === this.#opening) this.#opening = "";
    return this.#uplink.receive({ type: "error", data: message.data } as unknown as ServerMessage);
  }

  #settle(message: PanelMessage): void {
    const id = answeredBy(message);
    const kind = ANSWERS[message.type];
    const item = this.#pending.find(({ client_id, type }) => (id === null ? type === kind : client_id === id));
    if (item === undefined) return;
    if (message.type === "error" && RETRYABLE.has(message.data.error)) {
      this.#after(`again:${item.client_id}`, RETRY_MS, () => this.#transmit(item));
      return;
    }
    this.#pending = this.#pending.filter((other) => other !== item);
    if (message.type === "error") item.reject(new PanelRefusal(message.data));
    else item.resolve();
  }

  // ---- sending

  #transmit(item: Pending): void {
    if (this.#state.name !== "connected" || !this.#pending.includes(item)) return;
    this.#write({ type: item.type, ...item.payload, client_id: item.client_id });
  }

  #audio(type: string, data: Record<string, unknown>): boolean {
    if (this.#state.name !== "connected") return false;
    if (type === "audio_start") this.#opening = String(data["client_id"]);
    this.#write({ type, ...data, ...(type === "audio_start" ? { own_microphone: this.#own } : {}) });
    return true;
  }

  #sendBytes(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.#state.name !== "connected" || this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(bytes);
    return true;
  }

  #write(message: Record<string, unknown>): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #ping(): void {
    this.#write({ type: "ping" });
    this.#after("pong", this.#options.answer_within_ms, () => this.#closed(1006, ""));
  }

  #scheduleRefresh(): void {
    this.#after("refresh", this.#options.refresh_every_ms, () => {
      const generation = this.#generation;
      void this.#options
        .freshToken()
        .then((token) => {
          if (token !== null && generation === this.#generation) this.#write({ type: "token_refresh", token });
        })
        .catch(() => undefined)
        .finally(() => {
          if (generation === this.#generation) this.#scheduleRefresh();
        });
    });
  }

  #after(name: string, ms: number, run: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
