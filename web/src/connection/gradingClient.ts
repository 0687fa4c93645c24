/**
 * One socket to one of grading's doors, kept alive: it comes back by itself, says where it was, drops repeats, and sends
 * commands until they are answered. No React, no globals.
 */

import { fieldOf, type GradingMessage, type GradingType, parseGradingMessage } from "@/protocol/grading";
import type { ErrorData } from "@/protocol/messages";
import { BACKOFF, type BackoffOptions, waitBefore } from "./backoff";
import { AddressRefused, type ConnectionState, type Socket } from "./socketClient";

export interface GradingClientOptions {
  /** Where to connect, given the last position; called for each try. Throws AddressRefused where trying is in vain. */
  address: (position: GradingPosition | null) => Promise<string>;
  /** A fresh access token before the one in use expires; null when there is none. */
  freshToken: () => Promise<string | null>;
  openSocket: (address: string) => Socket;
  onState: (state: ConnectionState) => void;
  onMessage: (message: GradingMessage) => void;
  newId: () => string;
  /** Said whenever the door opens, before what waits in the queue. */
  greeting?: { type: string; data?: Record<string, unknown> };
  online?: () => boolean;
  now?: () => number;
  random?: () => number;
  backoff?: BackoffOptions;
  silence_ms?: number;
  open_within_ms?: number;
  answer_within_ms?: number;
  refresh_every_ms?: number;
}

export interface GradingPosition {
  last_seq: number;
  epoch: string;
}

interface Command {
  type: string;
  client_id: string;
  data: Record<string, unknown>;
  resolve: (answer: GradingMessage) => void;
  reject: (error: CommandRefused) => void;
}

/** The server refused a command for good. */
export class CommandRefused extends Error {
  readonly status = 0;
  readonly code: string;
  readonly info: Record<string, unknown>;

  constructor(shape: ErrorData) {
    super(shape.message);
    this.code = shape.error;
    this.info = shape.info ?? {};
  }
}

const OPEN = 1;
const HISTORY = 200;
const SEEN = 2_000;
const STABLE_MS = 5_000;
const QUEUE_LIMIT = 100;
const FINAL_CODES: ReadonlySet<number> = new Set([4401, 4403, 4404]);
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);

type Timer = ReturnType<typeof setTimeout>;
type Listener = (message: GradingMessage) => void;

export class GradingClient {
  #options: Required<Omit<GradingClientOptions, "greeting">> & Pick<GradingClientOptions, "greeting">;
  #socket: Socket | null = null;
  /** Rises with each socket, so that what belongs to an abandoned one is dropped. */
  #generation = 0;
  #state: ConnectionState = { name: "idle" };
  #attempt = 0;
  #position: GradingPosition | null = null;
  #seen = new Set<string>();
  #history: GradingMessage[] = [];
  #queue: Command[] = [];
  #timers = new Map<string, Timer>();
  #listeners = new Map<GradingType, Set<Listener>>();

  constructor(options: GradingClientOptions) {
    this.#options = {
      online: () => true,
      now: () => Date.now(),
      random: () => Math.random(),
      backoff: BACKOFF,
      silence_ms: 75_000,
      open_within_ms: 10_000,
      answer_within_ms: 8_000,
      refresh_every_ms: 240_000,
      ...options,
    };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The last messages that came in, oldest first. */
  get history(): readonly GradingMessage[] {
    return this.#history;
  }

  /** Commands that no answer came to yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Connects, or tries again at once and with five fresh tries. */
  connect(): void {
    this.#attempt = 0;
    this.#abandon();
    void this.#open();
  }

  /** Closes for good (the page is left). */
  close(): void {
    this.#abandon();
    this.#set({ name: "idle" });
  }

  /** The machine went on or off line. */
  onlineChanged(online: boolean): void {
    if (this.#state.name === "refused" || this.#state.name === "idle") return;
    if (online) {
      if (this.#state.name !== "connected") this.connect();
      return;
    }
    this.#abandon();
    this.#set({ name: "offline" });
  }

  subscribe(type: GradingType, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(type, listeners);
    return () => listeners.delete(listener);
  }

  /**
   * Sends a command until it is answered, over as many connections as that takes; the server does it once. Rejects with
   * CommandRefused where the server refuses it, or where too many wait already.
   */
  send(type: string, data: Record<string, unknown> = {}): Promise<GradingMessage> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length >= QUEUE_LIMIT) {
        reject(new CommandRefused({ error: "rate_limited", message: "", details: "", info: {} }));
        return;
      }
      const command: Command = { type, client_id: this.#options.newId(), data, resolve, reject };
      this.#queue.push(command);
      this.#transmit(command);
    });
  }

  // ---- opening and closing

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    if (!this.#options.online()) return this.#set({ name: "offline" });
    this.#set({ name: "connecting", attempt: this.#attempt });
    let address: string;
    try {
      address = await this.#options.address(this.#position);
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
    socket.onopen = () => {
      if (generation === this.#generation) this.#opened();
    };
    socket.onmessage = (event) => {
      if (generation === this.#generation && typeof event.data === "string") this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (generation === this.#generation) this.#closed(event.code, event.reason);
    };
    // A handshake that hangs is a failed try.
    this.#after("open", this.#options.open_within_ms, () => this.#closed(1006, ""));
  }

  #opened(): void {
    this.#cancel("open");
    this.#after("stable", STABLE_MS, () => {
      this.#attempt = 0;
    });
    this.#watchForSilence();
    this.#scheduleRefresh();
    this.#set({ name: "connected" });
    const { greeting } = this.#options;
    if (greeting !== undefined) this.#write(greeting.type, { ...greeting.data, client_id: this.#options.newId() });
    for (const command of this.#queue) this.#transmit(command);
  }

  #closed(code: number, reason: string): void {
    this.#abandon();
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
  #abandon(): void {
    this.#generation += 1;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = null;
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
    this.#watchForSilence();
    const message = parseGradingMessage(frame);
    if (message === null) return;
    if (message.type === "HEARTBEAT") {
      this.#place(message.data);
      this.#write("heartbeat_response", {});
      return;
    }
    const isNew = this.#isNew(message);
    this.#settle(message);
    if (!isNew) return;
    this.#history = [...this.#history.slice(1 - HISTORY), message];
    this.#options.onMessage(message);
    for (const listener of this.#listeners.get(message.type) ?? []) listener(message);
  }

  /** The greeting says where the stream is for who comes new, or after its history was lost. */
  #place({ last_seq, epoch }: { last_seq: number; epoch: string }): void {
    if (epoch !== "" && this.#position?.epoch !== epoch) this.#position = { last_seq, epoch };
  }

  /** Drops repeats by `message_id`, and moves the position on. */
  #isNew(message: GradingMessage): boolean {
    const seq = fieldOf(message, "seq");
    if (typeof seq === "number" && this.#position !== null) {
      this.#position = { ...this.#position, last_seq: Math.max(this.#position.last_seq, seq) };
    }
    if (message.message_id === "") return true;
    if (this.#seen.has(message.message_id)) return false;
    this.#seen.add(message.message_id);
    if (this.#seen.size > SEEN) this.#seen = new Set([...this.#seen].slice(SEEN / 2));
    return true;
  }

  #settle(message: GradingMessage): void {
    const id = message.type === "ERROR" ? (message.data.info?.["client_id"] ?? fieldOf(message, "client_id")) : fieldOf(message, "client_id");
    const command = typeof id === "string" ? this.#queue.find((item) => item.client_id === id) : this.#answeredBy(message);
    if (command === undefined) return;
    if (message.type !== "ERROR") {
      this.#forget(command);
      command.resolve(message);
      return;
    }
    if (RETRYABLE_ERRORS.has(message.data.error)) {
      const after = Number(message.data.info?.["retry_after"]);
      const wait = Number.isFinite(after) && after > 0 ? after * 1000 : this.#options.answer_within_ms;
      this.#after(`answer:${command.client_id}`, wait, () => this.#transmit(command));
      return;
    }
    this.#forget(command);
    command.reject(new CommandRefused(message.data));
  }

  /** An answer that names no command can only be to the one that is under way. A null task has no place for a name. */
  #answeredBy(message: GradingMessage): Command | undefined {
    if (message.type === "GRADING_TASK") return this.#queue.find((item) => item.type === "request_next_task");
    return message.type === "ERROR" && this.#queue.length === 1 ? this.#queue[0] : undefined;
  }

  #forget(command: Command): void {
    this.#cancel(`answer:${command.client_id}`);
    this.#queue = this.#queue.filter((item) => item !== command);
  }

  // ---- sending

  #transmit(command: Command): void {
    if (this.#state.name !== "connected" || !this.#queue.includes(command)) return;
    this.#write(command.type, { ...command.data, client_id: command.client_id });
    this.#after(`answer:${command.client_id}`, this.#options.answer_within_ms, () => this.#transmit(command));
  }

  #write(type: string, data: Record<string, unknown>): void {
    if (this.#socket?.readyState !== OPEN) return;
    this.#socket.send(JSON.stringify({ type, data }));
  }

  /** The server says something every half minute; a line that is silent for longer is dead. */
  #watchForSilence(): void {
    this.#after("silence", this.#options.silence_ms, () => this.#closed(1006, ""));
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
    this.#cancel(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }

  #cancel(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
