import { describe, expect, it } from "vitest";
import { type AudibleSpan, audible } from "@/protocol/audible";

const span = (more: Partial<AudibleSpan> = {}): AudibleSpan => ({
  recording_id: "r",
  start_s: 10,
  end_s: 14,
  at: 0,
  length: 20,
  words: [
    [0, 10.1, 10.8],
    [6, 11, 11.5],
    [12, 12, 12.9],
    [16, 13, 13.8],
  ],
  ...more,
});

describe("SPEC 6.1: the audio plays from the quotation", () => {
  it("plays the seconds of the quoted words", () => {
    const [place, ...more] = audible([span()], 6, 15);
    expect(more).toEqual([]);
    expect(place?.recording_id).toBe("r");
    expect(place?.start_s).toBeCloseTo(10.92);
    expect(place?.end_s).toBeCloseTo(12.98);
  });

  it("plays all of it where all is quoted, or where no word has a time", () => {
    expect(audible([span()], 0, 20)).toEqual([{ recording_id: "r", start_s: 10, end_s: 14 }]);
    expect(audible([span({ words: [] })], 6, 11)).toEqual([{ recording_id: "r", start_s: 10, end_s: 14 }]);
  });

  it("plays what was said in several goes in its order, and nothing that was written", () => {
    const spans = [span({ words: [] }), span({ recording_id: "q", at: 21, length: 9, words: [] })];
    expect(audible(spans, 15, 25).map((place) => place.recording_id)).toEqual(["r", "q"]);
    expect(audible(spans, 30, 40)).toEqual([]);
  });
});
