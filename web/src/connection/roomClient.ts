/**
 * One Socket.IO connection to one room, kept alive: it comes back by itself, says where it was, hands on what it
 * missed once and in order, and repeats what was done until the server says that it is kept. No React, no globals.
 */

import type { ErrorData } from "@/protocol/messages";
import { errorIn, type JoinedData, parseServerEvent, positionOf, type ServerEvent } from "@/protocol/roomMessages";
import { dequeue, enqueue, type QueuedCommand, type RoomQueue } from "@/protocol/roomQueue";
import { BACKOFF, type BackoffOptions, waitBefore } from "./backoff";
import { AddressRefused, type ConnectionState } from "./socketClient";

/** The part of a Socket.IO client's socket that is used. */
export interface RoomSocket {
  connected: boolean;
  on(name: string, listener: (...args: never[]) => void): unknown;
  onAny(listener: (name: string, ...args: unknown[]) => void): unknown;
  emit(name: string, ...args: unknown[]): unknown;
  timeout(ms: number): { emitWithAck(name: string, ...args: unknown[]): Promise<unknown> };
  connect(): unknown;
  disconnect(): unknown;
}

export interface RoomClientOptions {
  interviewId: string;
  userId: string;
  /** A single-use ticket for each try. Throws AddressRefused when trying again cannot help. */
  ticket: () => Promise<string>;
  /** A fresh access token before the one in use expires; null when there is none. */
  freshToken: () => Promise<string | null>;
  openSocket: (auth: Record<string, unknown>) => RoomSocket;
  onState: (state: ConnectionState) => void;
  onEvent: (event: ServerEvent) => void;
  onQueue: (queue: RoomQueue) => void;
  onRefused: (command: QueuedCommand, error: ErrorData) => void;
  features: readonly string[];
  queue?: RoomQueue;
  online?: () => boolean;
  now?: () => number;
  random?: () => number;
  backoff?: BackoffOptions;
  heartbeat_ms?: number;
  answer_within_ms?: number;
  refresh_every_ms?: number;
}

/** The server refused a command; the error shape in `data`. */
export class RoomRefusal extends Error {
  constructor(readonly data: ErrorData) {
    super(data.message);
  }
}

/** There is no connection, or no answer came. */
export class RoomUnreachable extends Error {}

const STABLE_MS = 5_000;
const FINAL_CODES: Record<string, number> = { unauthorized: 4401, forbidden: 4403, not_found: 4404 };
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);
/** The server closed it on purpose; Socket.IO itself would not come back. */
const BY_SERVER = "io server disconnect";

type Timer = ReturnType<typeof setTimeout>;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const retryAfterMs = (error: ErrorData, otherwise: number): number => {
  const after = Number(error.info?.["retry_after"]);
  return Number.isFinite(after) && after > 0 ? after * 1000 : otherwise;
};

export class RoomClient {
  #options: Required<Omit<RoomClientOptions, "queue">>;
  #socket: RoomSocket | null = null;
  /** Rises with each socket, so that what belongs to an abandoned one is dropped. */
  #generation = 0;
  #state: ConnectionState = { name: "idle" };
  #attempt = 0;
  #queue: RoomQueue;
  #underWay = new Set<string>();
  /** The last position this viewer was told; null before the first snapshot. Later ones are replayed. */
  #lastSeq: number | null = null;
  #epoch: string | number | undefined;
  #lastError: ErrorData | null = null;
  #timers = new Map<string, Timer>();

  constructor(options: RoomClientOptions) {
    this.#options = {
      online: () => true,
      now: () => Date.now(),
      random: () => Math.random(),
      backoff: BACKOFF,
      heartbeat_ms: 20_000,
      answer_within_ms: 8_000,
      refresh_every_ms: 240_000,
      ...options,
    };
    this.#queue = options.queue ?? [];
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get queue(): RoomQueue {
    return this.#queue;
  }

  get position(): { last_seq: number | null; epoch: string | number | undefined } {
    return { last_seq: this.#lastSeq, epoch: this.#epoch };
  }

  /** Connects, or tries again at once and with five fresh tries. */
  connect(): void {
    if (this.#state.name === "ended") return;
    this.#attempt = 0;
    this.#abandon();
    void this.#open();
  }

  /** Closes for good (the page is left). What is unacknowledged stays in the queue. */
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

  /** Keeps the command until it is acknowledged, and sends it as soon as there is a connection. */
  keep(command: QueuedCommand): void {
    this.#changeQueue(enqueue(this.#queue, command));
    void this.#transmit(command);
  }

  /**
   * Sends a command that is worth nothing later and waits for its answer. No answer in time: once more, under the same
   * `client_id`, so that it happens once. Throws RoomRefusal and RoomUnreachable.
   */
  async ask(name: string, payload: Record<string, unknown>): Promise<Record<string, unknown>> {
    const socket = this.#socket;
    if (socket === null || this.#state.name !== "connected") throw new RoomUnreachable();
    for (const last of [false, true]) {
      try {
        const answer = await socket
          .timeout(this.#options.answer_within_ms)
          .emitWithAck(name, { interview_id: this.#options.interviewId, user_id: this.#options.userId, ...payload });
        const error = errorIn(answer);
        if (error !== null) throw new RoomRefusal(error);
        return isRecord(answer) ? answer : {};
      } catch (error) {
        if (error instanceof RoomRefusal) throw error;
        if (last || socket !== this.#socket) throw new RoomUnreachable();
      }
    }
    throw new RoomUnreachable();
  }

  /** Sends something of the moment, such as typing. False when there is no connection. */
  tell(name: string, payload: Record<string, unknown>): boolean {
    if (this.#state.name !== "connected") return false;
    this.#socket?.emit(name, { interview_id: this.#options.interviewId, user_id: this.#options.userId, ...payload });
    return true;
  }

  // ---- opening and closing

  async #open(): Promise<void> {
    const generation = ++this.#generation;
    if (!this.#options.online()) return this.#set({ name: "offline" });
    this.#set({ name: "connecting", attempt: this.#attempt });
    let ticket: string;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error instanceof AddressRefused) {
        return this.#set({ name: "refused", code: error.code, message: error.message });
      }
      return this.#retry();
    }
    if (generation !== this.#generation) return;
    const socket = this.#options.openSocket({ ticket, features: this.#options.features });
    const mine =
      <Args extends unknown[]>(run: (...args: Args) => void) =>
      (...args: Args) => {
        if (generation === this.#generation) run(...args);
      };
    this.#socket = socket;
    this.#lastError = null;
    socket.onAny(mine((name: string, data: unknown) => this.#receive(name, data)));
    socket.on("connect", mine(() => void this.#join(generation)));
    socket.on("connect_error", mine((error: Error & { data?: unknown }) => this.#refusedAtTheDoor(error)));
    socket.on("disconnect", mine((reason: string) => this.#closed(reason)));
    this.#after("open", this.#options.answer_within_ms, () => this.#drop());
    socket.connect();
  }

  async #join(generation: number): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return;
    let answer: unknown;
    try {
      answer = await socket.timeout(this.#options.answer_within_ms).emitWithAck("join_interview", {
        interview_id: this.#options.interviewId,
        user_id: this.#options.userId,
        ...(this.#lastSeq === null ? {} : { last_seq: this.#lastSeq, epoch: this.#epoch }),
      });
    } catch {
      if (generation === this.#generation) this.#drop();
      return;
    }
    if (generation !== this.#generation) return;
    const error = errorIn(answer);
    if (error !== null) return this.#refuse(error);
    const { epoch } = answer as JoinedData;
    if (epoch !== undefined) this.#epoch = epoch;
    this.#forget("open");
    this.#after("stable", STABLE_MS, () => {
      this.#attempt = 0;
    });
    this.#scheduleRefresh();
    this.#set({ name: "connected" });
    this.#underWay.clear();
    for (const command of this.#queue) void this.#transmit(command);
    void this.#beat();
  }

  /** Said to be no by the server itself: final where the error is, otherwise a failed try. */
  #refuse(error: ErrorData): void {
    const code = FINAL_CODES[error.error];
    this.#abandon();
    if (code === undefined) this.#retry();
    else this.#set({ name: "refused", code, message: error.message });
  }

  #refusedAtTheDoor(error: Error & { data?: unknown }): void {
    const shape = errorIn(error.data);
    if (shape === null) this.#drop();
    else this.#refuse(shape);
  }

  #closed(reason: string): void {
    const told = this.#lastError;
    this.#abandon();
    if (this.#state.name === "ended") return;
    if (reason === BY_SERVER && told !== null && FINAL_CODES[told.error] !== undefined) return this.#refuse(told);
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
    this.#closed("");
  }

  #abandon(): void {
    this.#generation += 1;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#underWay.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.disconnect();
  }

  #isFinal(): boolean {
    return this.#state.name === "ended" || this.#state.name === "refused";
  }

  // ---- receiving

  #receive(name: string, data: unknown): void {
    const event = parseServerEvent(name, data);
    if (event === null) return;
    if (event.name === "error") this.#lastError = event.data;
    if (event.name === "snapshot") {
      this.#lastSeq = event.data.last_seq;
      if (event.data.epoch !== undefined) this.#epoch = event.data.epoch;
    } else {
      const seq = positionOf(event);
      // Before the snapshot nothing is known to be complete, so there is no position to go on from.
      if (seq !== null && this.#lastSeq !== null) this.#lastSeq = Math.max(this.#lastSeq, seq);
    }
    this.#options.onEvent(event);
  }

  // ---- sending

  /** Sends a command now, and again with the same `client_id` until it is answered. */
  async #transmit(command: QueuedCommand): Promise<void> {
    const id = command.client_id;
    const socket = this.#socket;
    if (socket === null || this.#state.name !== "connected" || this.#underWay.has(id)) return;
    if (!this.#queue.some((known) => known.client_id === id)) return;
    const generation = this.#generation;
    this.#underWay.add(id);
    let answer: unknown;
    try {
      answer = await socket.timeout(this.#options.answer_within_ms).emitWithAck(command.name, {
        ...command.payload,
        interview_id: this.#options.interviewId,
        user_id: this.#options.userId,
        client_id: id,
      });
    } catch {
      if (generation !== this.#generation) return;
      this.#underWay.delete(id);
      void this.#transmit(command);
      return;
    }
    if (generation !== this.#generation) return;
    this.#underWay.delete(id);
    const error = errorIn(answer);
    if (error !== null && RETRYABLE_ERRORS.has(error.error)) {
      const wait = retryAfterMs(error, this.#options.answer_within_ms);
      this.#after(`again:${id}`, wait, () => void this.#transmit(command));
      return;
    }
    this.#changeQueue(dequeue(this.#queue, id));
    if (error !== null) this.#options.onRefused(command, error);
  }

  /** A connection that is dead without knowing it is found out. */
  async #beat(): Promise<void> {
    const generation = this.#generation;
    const socket = this.#socket;
    if (socket === null) return;
    try {
      await socket.timeout(this.#options.answer_within_ms).emitWithAck("ping", { timestamp: this.#options.now() / 1000 });
    } catch {
      if (generation === this.#generation) this.#drop();
      return;
    }
    if (generation === this.#generation) this.#after("beat", this.#options.heartbeat_ms, () => void this.#beat());
  }

  #scheduleRefresh(): void {
    this.#after("refresh", this.#options.refresh_every_ms, () => {
      const generation = this.#generation;
      void this.#options
        .freshToken()
        .then((token) => {
          if (token !== null && generation === this.#generation) this.#socket?.emit("token_refresh", { token });
        })
        .catch(() => undefined)
        .finally(() => {
          if (generation === this.#generation) this.#scheduleRefresh();
        });
    });
  }

  // ---- small things

  #after(name: string, ms: number, run: () => void): void {
    this.#forget(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        run();
      }, ms),
    );
  }

  #forget(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #changeQueue(queue: RoomQueue): void {
    if (queue === this.#queue) return;
    this.#queue = queue;
    this.#options.onQueue(queue);
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
