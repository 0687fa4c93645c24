/**
 * One socket to one session, kept alive: it comes back by itself, says where it was, hands on what it missed once and
 * in order, and sends what the candidate wrote until the server says that it is kept. No React, no globals.
 */

import {
  clientIdOf,
  type Envelope,
  type ErrorData,
  parseServerMessage,
  seqOf,
  type ServerMessage,
} from "@/protocol/messages";
import { add, type Outbox, type OutboxItem, remove } from "@/protocol/outbox";
import { BACKOFF, type BackoffOptions, waitBefore } from "./backoff";

/** What the person is told. `refused` and `ended` are final; `failed` waits for the button. */
export type ConnectionState =
  | { name: "idle" }
  | { name: "connecting"; attempt: number }
  | { name: "connected" }
  | { name: "reconnecting"; attempt: number; retry_at: number }
  | { name: "offline" }
  | { name: "failed" }
  | { name: "refused"; code: number; message: string }
  | { name: "ended" };

/** The part of the browser's WebSocket that is used. */
export interface Socket {
  readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export interface SocketClientOptions {
  sessionId: string;
  /** Where to connect; called for each try, because a ticket opens one socket only. Throws when it cannot be had. */
  address: () => Promise<string>;
  /** A fresh access token before the one in use expires; null when there is none. */
  freshToken: () => Promise<string | null>;
  openSocket: (address: string) => Socket;
  onState: (state: ConnectionState) => void;
  onMessage: (message: ServerMessage) => void;
  onOutbox: (outbox: Outbox) => void;
  onRefused: (item: OutboxItem, error: ErrorData) => void;
  features: readonly string[];
  /** Where this viewer is; later positions are replayed. */
  position: { last_seq: number; epoch?: string | number | undefined };
  outbox?: Outbox;
  online?: () => boolean;
  now?: () => number;
  random?: () => number;
  backoff?: BackoffOptions;
  heartbeat_ms?: number;
  pong_within_ms?: number;
  ack_within_ms?: number;
  refresh_every_ms?: number;
}

const OPEN = 1;
const HISTORY = 200;
const SEEN = 2_000;
const STABLE_MS = 5_000;
const FINAL_CODES: ReadonlySet<number> = new Set([4401, 4403, 4404]);
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);

/** Thrown by `address` when trying again cannot help (signed out, no access). */
export class AddressRefused extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

type Timer = ReturnType<typeof setTimeout>;

export class SocketClient {
  #options: Required<Omit<SocketClientOptions, "outbox" | "position">>;
  #socket: Socket | null = null;
  /** Rises with each socket, so that what belongs to an abandoned one is dropped. */
  #generation = 0;
  #state: ConnectionState = { name: "idle" };
  #attempt = 0;
  #greeted = false;
  #outbox: Outbox;
  #lastSeq: number;
  #epoch: string | number | undefined;
  #seen = new Set<string>();
  #history: ServerMessage[] = [];
  #timers = new Map<string, Timer>();
  #listeners = new Map<string, Set<(message: ServerMessage) => void>>();

  constructor(options: SocketClientOptions) {
    this.#options = {
      online: () => true,
      now: () => Date.now(),
      random: () => Math.random(),
      backoff: BACKOFF,
      heartbeat_ms: 25_000,
      pong_within_ms: 10_000,
      ack_within_ms: 8_000,
      refresh_every_ms: 240_000,
      ...options,
    };
    this.#outbox = options.outbox ?? [];
    this.#lastSeq = options.position.last_seq;
    this.#epoch = options.position.epoch;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The last messages that came in, oldest first. */
  get history(): readonly ServerMessage[] {
    return this.#history;
  }

  get outbox(): Outbox {
    return this.#outbox;
  }

  get position(): { last_seq: number; epoch: string | number | undefined } {
    return { last_seq: this.#lastSeq, epoch: this.#epoch };
  }

  /** Connects, or tries again at once and with five fresh tries. */
  connect(): void {
    if (this.#state.name === "ended") return;
    this.#attempt = 0;
    this.#abandon();
    void this.#open();
  }

  /** Closes for good (the page is left). What is unacknowledged stays in the outbox. */
  close(): void {
    this.#abandon();
    this.#set({ name: "idle" });
  }

  /** The machine went on or off line. */
  onlineChanged(online: boolean): void {
    if (this.#isFinal() || this.#state.name === "idle") return;
    if (online) {
      if (this.#state.name !== "connected") this.connect();
      return;
    }
    this.#abandon();
    this.#set({ name: "offline" });
  }

  /** Keeps `item` until it is acknowledged, and sends it as soon as there is a connection. */
  sendText(item: OutboxItem): void {
    this.#changeOutbox(add(this.#outbox, item));
    this.#transmit(item);
  }

  /** Sends something that is worth nothing later. False when there is no connection. */
  sendNow(type: string, data: Record<string, unknown> = {}): boolean {
    if (this.#state.name !== "connected") return false;
    this.#write(type, data);
    return true;
  }

  /** Sends a binary frame, such as the next samples of an open stream. False when there is no connection. */
  sendBytes(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.#state.name !== "connected" || this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(bytes);
    return true;
  }

  subscribe(type: ServerMessage["type"], listener: (message: ServerMessage) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(type, listeners);
    return () => listeners.delete(listener);
  }

  // ---- opening and closing

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    if (!this.#options.online()) return this.#set({ name: "offline" });
    this.#set({ name: "connecting", attempt: this.#attempt });
    let address: string;
    try {
      address = await this.#options.address();
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof AddressRefused) {
        return this.#set({ name: "refused", code: error.code, message: error.message });
      }
      return this.#retry();
    }
    if (generation !== this.#generation) return;
    this.#greeted = false;
    const socket = this.#options.openSocket(address);
    this.#socket = socket;
    socket.onmessage = (event) => {
      if (generation === this.#generation && typeof event.data === "string") this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (generation === this.#generation) this.#closed(event.code, event.reason);
    };
    // A handshake that hangs is a failed try.
    this.#after("open", this.#options.pong_within_ms, () => this.#drop());
  }

  #closed(code: number, reason: string): void {
    this.#abandon();
    if (this.#state.name === "ended") return;
    if (FINAL_CODES.has(code)) return this.#set({ name: "refused", code, message: reason });
    // Told to resume (slow) or to come with a fresh token: nothing is wrong, so come back at once.
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

  /** Gives the socket up without waiting for the other side to agree. */
  #drop(): void {
    this.#closed(1006, "");
  }

  #abandon(): void {
    this.#generation += 1;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
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

  #isFinal(): boolean {
    return this.#state.name === "ended" || this.#state.name === "refused";
  }

  // ---- receiving

  #receive(frame: string): void {
    this.#after("silence", this.#options.heartbeat_ms, () => this.#ping());
    clearTimeout(this.#timers.get("pong"));
    this.#timers.delete("pong");
    const message = parseServerMessage(frame);
    if (message === null) return;
    if (message.type === "connected") this.#greeting(message);
    if (!this.#isNew(message)) return;
    this.#history = [...this.#history.slice(1 - HISTORY), message];
    this.#acknowledge(message);
    this.#options.onMessage(message);
    for (const listener of this.#listeners.get(message.type) ?? []) listener(message);
    if (message.type === "session_ended") {
      this.#abandon();
      this.#set({ name: "ended" });
    }
  }

  #greeting(message: Envelope<"connected", { epoch?: string | number; recovered?: boolean }>): void {
    if (!this.#greeted) {
      // The door is open: say who is there and what was the last thing told.
      this.#greeted = true;
      this.#write("connect", {
        client_info: { name: "vivavoce-web" },
        features: this.#options.features,
        last_seq: this.#lastSeq,
        ...(this.#epoch === undefined ? {} : { epoch: this.#epoch }),
      });
      return;
    }
    clearTimeout(this.#timers.get("open"));
    this.#timers.delete("open");
    if (message.data.epoch !== undefined) this.#epoch = message.data.epoch;
    this.#after("stable", STABLE_MS, () => {
      this.#attempt = 0;
    });
    this.#scheduleRefresh();
    this.#set({ name: "connected" });
    for (const item of this.#outbox) this.#transmit(item);
  }

  /** Drops repeats: by `event_id`, and by position and type where there is none. Moves the position on. */
  #isNew(message: ServerMessage): boolean {
    if (message.type === "snapshot") {
      this.#lastSeq = message.data.last_seq;
      if (message.data.epoch !== undefined) this.#epoch = message.data.epoch;
      this.#seen.clear();
      return true;
    }
    const seq = seqOf(message);
    // How far a recording has come is told again whenever it goes on.
    if (seq === null || message.type === "audio_ack") return true;
    const eventId = (message.data as { event_id?: unknown }).event_id;
    const key = typeof eventId === "string" ? eventId : `${message.type}:${seq}`;
    // A repeated status or progress changes nothing, and may be the answer to a resent input.
    if (this.#seen.has(key)) return message.type === "status" || message.type === "progress";
    this.#seen.add(key);
    if (this.#seen.size > SEEN) this.#seen = new Set([...this.#seen].slice(SEEN / 2));
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    return true;
  }

  #acknowledge(message: ServerMessage): void {
    if (message.type === "status" || message.type === "ai_response") {
      const id = clientIdOf(message);
      if (id !== null) this.#settle(id);
      return;
    }
    if (message.type !== "error") return;
    const item = this.#itemOf(message);
    if (item === undefined) return;
    if (RETRYABLE_ERRORS.has(message.data.error)) {
      const after = Number(message.data.info?.["retry_after"]);
      const wait = Number.isFinite(after) && after > 0 ? after * 1000 : this.#options.ack_within_ms;
      this.#after(`ack:${item.client_id}`, wait, () => this.#transmit(item));
      return;
    }
    this.#settle(item.client_id);
    this.#options.onRefused(item, message.data);
  }

  /** An error that names no input can only be about one when a single input is under way. */
  #itemOf(message: Envelope<"error", ErrorData>): OutboxItem | undefined {
    const id = clientIdOf(message as ServerMessage);
    if (id !== null) return this.#outbox.find((item) => item.client_id === id);
    return this.#outbox.length === 1 ? this.#outbox[0] : undefined;
  }

  #settle(clientId: string): void {
    clearTimeout(this.#timers.get(`ack:${clientId}`));
    this.#timers.delete(`ack:${clientId}`);
    this.#changeOutbox(remove(this.#outbox, clientId));
  }

  // ---- sending

  /** Sends an item now, and again with the same `client_id` if no acknowledgement comes. */
  #transmit(item: OutboxItem): void {
    if (this.#state.name !== "connected") return;
    if (!this.#outbox.some((known) => known.client_id === item.client_id)) return;
    this.#write("text_input", { text: item.text, context: {}, client_id: item.client_id });
    this.#after(`ack:${item.client_id}`, this.#options.ack_within_ms, () => this.#transmit(item));
  }

  #write(type: string, data: Record<string, unknown>): void {
    if (this.#socket?.readyState !== OPEN) return;
    this.#socket.send(
      JSON.stringify({
        type,
        session_id: this.#options.sessionId,
        timestamp: new Date(this.#options.now()).toISOString(),
        data,
      }),
    );
  }

  #ping(): void {
    this.#write("ping", {});
    this.#after("pong", this.#options.pong_within_ms, () => this.#drop());
  }

  #scheduleRefresh(): void {
    this.#after("refresh", this.#options.refresh_every_ms, () => {
      const generation = this.#generation;
      void this.#options
        .freshToken()
        .then((token) => {
          if (token !== null && generation === this.#generation) this.#write("token_refresh", { token });
        })
        .catch(() => undefined)
        .finally(() => {
          if (generation === this.#generation) this.#scheduleRefresh();
        });
    });
  }

  // ---- small things

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

  #changeOutbox(outbox: Outbox): void {
    if (outbox === this.#outbox) return;
    this.#outbox = outbox;
    this.#options.onOutbox(outbox);
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
