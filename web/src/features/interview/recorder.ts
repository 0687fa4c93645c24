/** What becomes of what the microphone hears: which samples are sent, and when somebody interrupts. No React. */

import type { Heard } from "@/audio/microphone";
import { type Interruption, NOT_INTERRUPTED, overheard } from "@/protocol/audio";

export const WAYS_OF_SPEAKING = ["push", "hands_free"] as const;
/** `push`: from a press to the next one is an answer. `hands_free`: the server finds the ends of answers. */
export type WayOfSpeaking = (typeof WAYS_OF_SPEAKING)[number];

export interface RecorderSink {
  start: (endpointing: boolean) => void;
  push: (bytes: Uint8Array<ArrayBuffer>) => void;
  finish: () => void;
}

/** People let go of the button while the last syllable is still on its way. */
const TAIL_MS = 300;
/** So much of what is heard while the interviewer speaks is held back, to be sent if it turns out to be an interruption. */
const HELD_MS = 600;

export class Recorder {
  readonly #sink: RecorderSink;
  #onInterrupted: () => void = () => {};
  #way: WayOfSpeaking | null = null;
  #tail_ms: number | null = null;
  #spokenTo = false;
  #interruption: Interruption = NOT_INTERRUPTED;
  #held: Heard[] = [];

  constructor(sink: RecorderSink) {
    this.#sink = sink;
  }

  /** What is called when somebody speaks while they are spoken to. */
  whenInterrupted(call: () => void): void {
    this.#onInterrupted = call;
  }

  get recording(): boolean {
    return this.#way !== null && this.#tail_ms === null;
  }

  start(way: WayOfSpeaking): void {
    this.stop();
    this.#way = way;
    this.#sink.start(way === "hands_free");
  }

  /** The answer is over; its last moment is still taken. */
  finish(): void {
    if (this.recording) this.#tail_ms = TAIL_MS;
  }

  /** The same, at once: the microphone is closed. */
  stop(): void {
    if (this.#way === null) return;
    this.#letGo(false);
    this.#way = null;
    this.#tail_ms = null;
    this.#sink.finish();
  }

  /** The loudspeaker says something, or has finished. Without hands nobody says which voice is whose. */
  spokenTo(now: boolean): void {
    if (now === this.#spokenTo) return;
    this.#spokenTo = now;
    this.#interruption = NOT_INTERRUPTED;
    if (!now) this.#letGo(false);
  }

  heard(piece: Heard): void {
    if (this.#way === null) return;
    if (this.#way === "hands_free" && this.#spokenTo) this.#listenThrough(piece);
    else this.#sink.push(piece.bytes);
    if (this.#tail_ms === null) return;
    this.#tail_ms -= piece.ms;
    if (this.#tail_ms <= 0) this.stop();
  }

  #listenThrough(piece: Heard): void {
    this.#held.push(piece);
    const { state, interrupted } = overheard(this.#interruption, piece.rms, piece.ms);
    this.#interruption = state;
    if (interrupted) {
      this.#spokenTo = false;
      this.#letGo(true);
      this.#onInterrupted();
      return;
    }
    let held_ms = this.#held.reduce((sum, each) => sum + each.ms, 0);
    while (held_ms > HELD_MS) {
      const oldest = this.#held.shift();
      if (oldest === undefined) return;
      held_ms -= oldest.ms;
      this.#silence(oldest);
    }
  }

  /** Sends what was held back: as it is, or as silence, so that the recording's seconds stay those of the clock. */
  #letGo(asItIs: boolean): void {
    for (const piece of this.#held) {
      if (asItIs) this.#sink.push(piece.bytes);
      else this.#silence(piece);
    }
    this.#held = [];
  }

  #silence(piece: Heard): void {
    this.#sink.push(new Uint8Array(piece.bytes.length));
  }
}
