import { describe, expect, it } from "vitest";
import { levelOf, loudness, NOT_INTERRUPTED, overheard, pcmOf, Resampler, SAMPLE_RATE, wavOf } from "@/protocol/audio";

const tone = (hertz: number, rate: number, seconds: number) =>
  Float32Array.from({ length: rate * seconds }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate));

function resampled(samples: Float32Array, from: number, piece: number): Float32Array {
  const resampler = new Resampler(from);
  const parts: Float32Array[] = [];
  for (let at = 0; at < samples.length; at += piece) parts.push(resampler.push(samples.subarray(at, at + piece)));
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}

describe("samples are brought to 16 kHz", () => {
  it.each([8_000, 16_000, 44_100, 48_000])("keeps a tone of 1 kHz from %d Hz", (rate) => {
    const output = resampled(tone(1_000, rate, 0.5), rate, 1_024);
    expect(output.length).toBeGreaterThan(0.49 * SAMPLE_RATE);
    expect(output.length).toBeLessThanOrEqual(0.5 * SAMPLE_RATE);
    const middle = output.subarray(2_000, 6_000);
    expect(loudness(middle)).toBeCloseTo(Math.SQRT1_2, 2);
    const crossings = middle.reduce((count, value, index) => count + (index > 0 && value >= 0 && (middle[index - 1] ?? 0) < 0 ? 1 : 0), 0);
    expect(crossings).toBeGreaterThanOrEqual(249);
    expect(crossings).toBeLessThanOrEqual(251);
  });

  it("lets nothing through that 16 kHz cannot carry", () => {
    const output = resampled(tone(11_000, 48_000, 0.5), 48_000, 960);
    expect(loudness(output.subarray(1_000, 7_000))).toBeLessThan(0.01);
  });

  it("gives the same for pieces of any size", () => {
    const input = tone(440, 44_100, 0.2);
    const whole = resampled(input, 44_100, input.length);
    const pieces = resampled(input, 44_100, 97);
    expect(pieces.length).toBe(whole.length);
    pieces.forEach((value, index) => expect(value).toBeCloseTo(whole[index] ?? 9, 3));
  });
});

describe("samples as bytes", () => {
  it("are 16 bits, little-endian, and clipped", () => {
    expect([...pcmOf(Float32Array.of(0, 1, -1, 3))]).toEqual([0, 0, 0xff, 0x7f, 0x01, 0x80, 0xff, 0x7f]);
  });

  it("have a header that says how long they are", () => {
    const wav = wavOf([Uint8Array.of(1, 2), Uint8Array.of(3, 4)]);
    const view = new DataView(wav.buffer);
    expect(String.fromCharCode(...wav.subarray(0, 4), ...wav.subarray(8, 12))).toBe("RIFFWAVE");
    expect([view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([40, SAMPLE_RATE, 4]);
    expect([...wav.subarray(44)]).toEqual([1, 2, 3, 4]);
  });

  it("are as loud as people hear them", () => {
    expect(levelOf(0)).toBe(0);
    expect(levelOf(1)).toBe(1);
    expect(levelOf(0.0001)).toBe(0);
    expect(levelOf(0.1)).toBeCloseTo(2 / 3, 2);
  });
});

describe("speaking over the interviewer", () => {
  const hear = (rms: readonly number[], ms = 20) =>
    rms.reduce(
      (known, value) => {
        const next = overheard(known.state, value, ms);
        return { state: next.state, interrupted: known.interrupted || next.interrupted };
      },
      { state: NOT_INTERRUPTED, interrupted: false },
    ).interrupted;
  const times = (count: number, value: number) => Array.from({ length: count }, () => value);

  it("is heard above the echo of the loudspeaker", () => {
    expect(hear([...times(20, 0.02), ...times(15, 0.09)])).toBe(true);
  });

  it("is not the echo itself, nor a knock, nor a quiet room", () => {
    expect(hear(times(100, 0.05))).toBe(false);
    expect(hear([...times(20, 0.001), ...times(4, 0.5), ...times(30, 0.001)])).toBe(false);
    expect(hear(times(100, 0.004))).toBe(false);
  });
});
