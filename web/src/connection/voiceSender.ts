/**
 * Sends what a microphone hears in numbered chunks, one after the other; each is kept until the server has it, and sent
 * again after the connection was lost. No React.
 */

import { BYTES_PER_S, SAMPLE_RATE } from "@/protocol/audio";
import { newId } from "@/protocol/ids";
import { RoomRefusal } from "./roomClient";

export interface VoiceSenderOptions {
  /** Sends one chunk and waits for its answer. Throws RoomRefusal when the server will not have it. */
  send: (chunk: Record<string, unknown>) => Promise<unknown>;
  /** Seconds of speech that the server does not keep yet. */
  onWaiting: (seconds: number) => void;
  onRefused: (message: string) => void;
}

/** Half a second: captions follow closely, and there are few messages. */
const CHUNK_BYTES = BYTES_PER_S / 2;
const RETRYABLE: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);
const RETRY_MS = 1_000;

interface Chunk {
  client_id: string;
  chunk_id: number;
  bytes: Uint8Array;
  is_final: boolean;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export class VoiceSender {
  readonly #options: VoiceSenderOptions;
  #gathered: Uint8Array[] = [];
  #size = 0;
  #next = 0;
  #chunks: Chunk[] = [];
  #recording = false;
  #paused = false;
  #sending = false;

  constructor(options: VoiceSenderOptions) {
    this.#options = options;
  }

  get recording(): boolean {
    return this.#recording;
  }

  /** Seconds of speech that the server does not keep yet. */
  get waiting_s(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0) / BYTES_PER_S;
  }

  /** A new recording begins; what is left of the last one is still sent. */
  begin(): void {
    this.#gathered = [];
    this.#size = 0;
    this.#next = 0;
    this.#recording = true;
  }

  push(bytes: Uint8Array): void {
    if (!this.#recording) return;
    this.#gathered.push(bytes);
    this.#size += bytes.length;
    if (this.#size >= CHUNK_BYTES) this.#cut(false);
  }

  /** The recording is over. */
  finish(): void {
    if (!this.#recording) return;
    this.#recording = false;
    this.#cut(true);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    void this.#drain();
  }

  #cut(isFinal: boolean): void {
    const bytes = joined(this.#gathered);
    this.#gathered = [];
    this.#size = 0;
    this.#chunks.push({ client_id: newId(), chunk_id: this.#next++, bytes, is_final: isFinal });
    this.#tell();
    void this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let chunk = this.#chunks[0]; chunk !== undefined && !this.#paused; chunk = this.#chunks[0]) {
        if (await this.#deliver(chunk)) this.#chunks = this.#chunks.filter((other) => other !== chunk);
        else await new Promise((wait) => setTimeout(wait, RETRY_MS));
        this.#tell();
      }
    } finally {
      this.#sending = false;
    }
  }

  /** True when there is nothing more to be done about the chunk. */
  async #deliver(chunk: Chunk): Promise<boolean> {
    try {
      await this.#options.send({
        audio_data: chunk.bytes,
        audio_format: "pcm",
        sample_rate: SAMPLE_RATE,
        chunk_id: chunk.chunk_id,
        is_final: chunk.is_final,
        client_id: chunk.client_id,
      });
      return true;
    } catch (error) {
      if (!(error instanceof RoomRefusal) || RETRYABLE.has(error.data.error)) return false;
      this.#options.onRefused(error.message);
      return true;
    }
  }

  #tell(): void {
    this.#options.onWaiting(this.waiting_s);
  }
}
