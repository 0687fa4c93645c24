/**
 * Recordings on their way to the server, one after the other, kept until the server says that they are safe. After a
 * lost connection each goes on from the byte that the server has. No React, no globals.
 */

import { newId } from "@/protocol/ids";
import type { Envelope, ErrorData, ServerMessage } from "@/protocol/messages";
import { BYTES_PER_S, SAMPLE_RATE } from "@/protocol/audio";

/** The socket that the bytes go over. False: there is no connection, and `connected` will be called when there is. */
export interface Wire {
  sendNow: (type: string, data: Record<string, unknown>) => boolean;
  sendBytes: (bytes: Uint8Array<ArrayBuffer>) => boolean;
}

export interface RecordingOptions {
  /** The server finds the ends of sentences; without, all of it is one answer, however long the pauses. */
  endpointing: boolean;
}

export interface UplinkOptions {
  wire: Wire;
  /** Whether something is not safe yet. */
  onChange: (waiting: boolean) => void;
  /** The server takes no more of a recording, and why. */
  onRefused: (error: ErrorData) => void;
  retry_ms?: number;
}

interface Recording extends RecordingOptions {
  client_id: string;
  recording_id: string;
  /** Bytes [`base`, `base` + all of `parts`): what is not known to be safe. */
  parts: Uint8Array<ArrayBuffer>[];
  base: number;
  /** How far it was sent over this connection. */
  sent: number;
  closed: boolean;
  stage: "waiting" | "opening" | "open" | "ended";
}

const SHORTEST = Math.round(0.1 * BYTES_PER_S);
const RETRYABLE: ReadonlySet<string> = new Set(["rate_limited", "internal"]);
const RETRY_MS = 2_000;

export class AudioUplink {
  readonly #options: UplinkOptions;
  #recordings: Recording[] = [];
  #taking: Recording | null = null;
  #connected = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  get waiting(): boolean {
    return this.#recordings.length > 0;
  }

  /** Begins a recording; one that is open ends. */
  start(options: RecordingOptions): void {
    this.finish();
    this.#taking = this.#add(options, [], false);
  }

  /** The next samples, 16 bits at 16 kHz. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#taking?.parts.push(bytes);
    if (this.#taking?.stage === "open") this.#send(this.#taking);
  }

  /** The recording has come to its end. */
  finish(): void {
    const recording = this.#taking;
    this.#taking = null;
    if (recording === null) return;
    recording.closed = true;
    if (recording.base === 0 && recording.parts.length === 0 && recording.stage === "waiting") this.#remove(recording);
    this.#advance();
  }

  connected(): void {
    this.#connected = true;
    for (const recording of this.#recordings) recording.stage = "waiting";
    this.#advance();
  }

  disconnected(): void {
    this.#connected = false;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.disconnected();
    this.#recordings = [];
    this.#taking = null;
  }

  /** A message of the server. True: it was about a recording's way here, and nobody else need be told. */
  receive(message: ServerMessage): boolean {
    if (message.type === "audio_ack") {
      this.#stored(message.data.recording_id, message.data.received_bytes, message.data.last === true);
      return true;
    }
    if (message.type === "status" && message.data.status === "listening") {
      this.#opened(message.data.client_id ?? "", message.data.recording_id ?? "");
      return true;
    }
    return message.type === "error" && this.#refused(message);
  }

  #add(options: RecordingOptions, parts: Uint8Array<ArrayBuffer>[], closed: boolean): Recording {
    const recording: Recording = {
      endpointing: options.endpointing,
      client_id: newId(),
      recording_id: "",
      parts,
      base: 0,
      sent: 0,
      closed,
      stage: "waiting",
    };
    this.#recordings.push(recording);
    this.#options.onChange(true);
    this.#advance();
    return recording;
  }

  #remove(recording: Recording): void {
    this.#recordings = this.#recordings.filter((other) => other !== recording);
    if (this.#taking === recording) this.#taking = null;
    this.#options.onChange(this.waiting);
  }

  /** The server takes one stream at a time, so they go in their order. */
  #advance(): void {
    if (!this.#connected) return;
    const next = this.#recordings.find((recording) => recording.stage !== "ended");
    if (next === undefined) return;
    if (next.stage === "open") return this.#send(next);
    if (next.stage === "opening") return;
    const sent = this.#options.wire.sendNow("audio_start", {
      audio_format: "pcm",
      sample_rate: SAMPLE_RATE,
      endpointing: next.endpointing,
      client_id: next.client_id,
      ...(next.recording_id === "" ? {} : { recording_id: next.recording_id }),
    });
    if (sent) next.stage = "opening";
  }

  #opened(clientId: string, recordingId: string): void {
    const recording = this.#recordings.find((other) => other.client_id === clientId);
    if (recording === undefined || recording.stage !== "opening") return;
    recording.recording_id = recordingId;
    recording.stage = "open";
    recording.sent = recording.base;
    this.#send(recording);
  }

  #send(recording: Recording): void {
    let at = recording.base;
    for (const part of recording.parts) {
      const end = at + part.length;
      if (end > recording.sent) {
        if (!this.#options.wire.sendBytes(part.subarray(Math.max(0, recording.sent - at)))) return;
        recording.sent = end;
      }
      at = end;
    }
    if (!recording.closed) return;
    if (!this.#options.wire.sendNow("audio_end", {})) return;
    recording.stage = "ended";
    this.#advance();
  }

  /**
   * Bytes before `received` are safe. The first word of this comes before the server has named the recording, so it is
   * known by being the one that is being opened.
   */
  #stored(recordingId: string, received: number, last: boolean): void {
    const recording =
      this.#recordings.find((other) => other.recording_id === recordingId) ??
      this.#recordings.find((other) => other.stage === "opening" && other.recording_id === "");
    if (recording === undefined) return;
    recording.recording_id = recordingId;
    this.#forget(recording, received);
    if (last && recording.closed) this.#remove(recording);
  }

  #forget(recording: Recording, received: number): void {
    while (recording.parts[0] !== undefined && recording.base < received) {
      const part = recording.parts[0];
      const safe = Math.min(part.length, received - recording.base);
      recording.base += safe;
      if (safe === part.length) recording.parts.shift();
      else recording.parts[0] = part.subarray(safe);
    }
    recording.base = Math.max(recording.base, received);
  }

  #refused(message: Envelope<"error", ErrorData>): boolean {
    const { error, info = {} } = message.data;
    // Speech that gave no words has a position in the log: that recording is safe.
    if (typeof info["seq"] === "number") return false;
    const named = this.#recordings.find((other) => other.client_id === info["client_id"]);
    // The end of the room for audio comes in the middle of a stream, and names none.
    const unnamed = error === "too_large" || error === "unavailable" || error === "forbidden";
    const recording =
      named ??
      (info["client_id"] === undefined && unnamed ? this.#recordings.find((other) => other.stage === "open") : undefined);
    if (recording === undefined) return false;
    if (RETRYABLE.has(error)) {
      recording.stage = "waiting";
      this.#timer = setTimeout(() => this.#advance(), this.#options.retry_ms ?? RETRY_MS);
      return true;
    }
    if (error === "conflict" && typeof info["received_bytes"] === "number") {
      this.#goOnAnew(recording, info["received_bytes"]);
      return true;
    }
    this.#remove(recording);
    this.#options.onRefused(message.data);
    this.#advance();
    return true;
  }

  /** The connection was away for so long that the recording was closed without its end: the end is one of its own. */
  #goOnAnew(recording: Recording, received: number): void {
    this.#forget(recording, received);
    const left = recording.parts.reduce((sum, part) => sum + part.length, 0);
    const isOpen = this.#taking === recording;
    this.#remove(recording);
    if (!isOpen && left < SHORTEST) return this.#advance();
    const later = this.#recordings;
    this.#recordings = [];
    const rest = this.#add(recording, recording.parts, recording.closed);
    this.#recordings = [rest, ...later];
    if (isOpen) this.#taking = rest;
  }
}
