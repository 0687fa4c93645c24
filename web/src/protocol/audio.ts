/** Samples on their way from a microphone to the server, and how loud they are. Pure. */

/** Samples a second, one channel, as they are sent. */
export const SAMPLE_RATE = 16_000;
export const BYTES_PER_S = SAMPLE_RATE * 2;

const ZERO_CROSSINGS = 12;
/** Of the narrower of both bands; the rest is where the filter falls off. */
const PASS = 0.94;
const PHASES = 1024;

/**
 * Brings a stream of samples to another rate (windowed sinc), in pieces of any size. What it needs of one piece for
 * the next it keeps; the output is late by half the filter, some milliseconds.
 */
export class Resampler {
  readonly #step: number;
  readonly #cutoff: number;
  readonly #reach: number;
  readonly #kernels = new Map<number, Float32Array>();
  #kept: Float32Array;
  /** Of the next sample, in samples of `#kept`. */
  #position: number;

  constructor(from: number, to: number = SAMPLE_RATE) {
    this.#step = from / to;
    this.#cutoff = Math.min(1, to / from) * PASS;
    this.#reach = Math.ceil(ZERO_CROSSINGS / this.#cutoff);
    this.#kept = new Float32Array(this.#reach);
    this.#position = this.#reach;
  }

  push(samples: Float32Array): Float32Array {
    const input = new Float32Array(this.#kept.length + samples.length);
    input.set(this.#kept);
    input.set(samples, this.#kept.length);
    const last = input.length - this.#reach - 1;
    const output = new Float32Array(Math.max(0, Math.floor((last - this.#position) / this.#step) + 1));
    for (let index = 0; index < output.length; index += 1) {
      output[index] = this.#at(input, this.#position + index * this.#step);
    }
    this.#position += output.length * this.#step;
    const used = Math.min(input.length, Math.floor(this.#position) - this.#reach);
    this.#kept = input.slice(used);
    this.#position -= used;
    return output;
  }

  #at(input: Float32Array, position: number): number {
    const whole = Math.floor(position);
    const kernel = this.#kernel(Math.round((position - whole) * PHASES));
    const first = whole - this.#reach + 1;
    let sum = 0;
    for (let tap = 0; tap < kernel.length; tap += 1) sum += (input[first + tap] ?? 0) * (kernel[tap] ?? 0);
    return sum;
  }

  /** The filter for a sample that lies `phase / PHASES` behind an input's. Only few phases occur at usual rates. */
  #kernel(phase: number): Float32Array {
    const known = this.#kernels.get(phase);
    if (known !== undefined) return known;
    const kernel = new Float32Array(2 * this.#reach);
    let total = 0;
    for (let tap = 0; tap < kernel.length; tap += 1) {
      const distance = tap - this.#reach + 1 - phase / PHASES;
      const angle = Math.PI * distance * this.#cutoff;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (this.#reach + 1));
      const value = (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
      kernel[tap] = value;
      total += value;
    }
    for (let tap = 0; tap < kernel.length; tap += 1) kernel[tap] = (kernel[tap] ?? 0) / total;
    this.#kernels.set(phase, kernel);
    return kernel;
  }
}

/** Samples from -1 to 1 as 16-bit little-endian bytes. */
export function pcmOf(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => {
    view.setInt16(index * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  });
  return bytes;
}

/** 16-bit samples with a header, so that they can be played. */
export function wavOf(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(44 + size);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string) => Array.from(text, (letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, BYTES_PER_S, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, size, true);
  let at = 44;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Root mean square, 0 to 1. */
export function loudness(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

const QUIETEST_DB = -60;

/** Loudness as people hear it, 0 to 1: decibels from -60 to 0. */
export const levelOf = (rms: number): number =>
  rms <= 0 ? 0 : Math.min(1, Math.max(0, 1 - (20 * Math.log10(rms)) / QUIETEST_DB));

/** Somebody may speak while the interviewer's words come out of a loudspeaker and back through the microphone. */
export interface Interruption {
  /** The loudest that the loudspeaker alone was, as far as can be known. */
  echo: number;
  heard_ms: number;
  loud_ms: number;
}

export const NOT_INTERRUPTED: Interruption = { echo: 0, heard_ms: 0, loud_ms: 0 };

const LISTEN_TO_ECHO_MS = 400;
const ABOVE_ECHO = 2.2;
const SPEECH_RMS = 0.02;
const LONG_ENOUGH_MS = 220;

/** After `ms` more at this loudness: what is known, and whether somebody speaks over the interviewer. */
export function overheard(before: Interruption, rms: number, ms: number): { state: Interruption; interrupted: boolean } {
  const heard_ms = before.heard_ms + ms;
  if (heard_ms <= LISTEN_TO_ECHO_MS) {
    return { state: { echo: Math.max(before.echo, rms), heard_ms, loud_ms: 0 }, interrupted: false };
  }
  const loud = rms > Math.max(SPEECH_RMS, before.echo * ABOVE_ECHO);
  const loud_ms = loud ? before.loud_ms + ms : Math.max(0, before.loud_ms - ms);
  return { state: { echo: before.echo, heard_ms, loud_ms }, interrupted: loud_ms >= LONG_ENOUGH_MS };
}
