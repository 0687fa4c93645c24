import { describe, expect, it } from "vitest";
import { Recorder } from "@/features/interview/recorder";

function setup() {
  const log: (string | number)[] = [];
  const recorder = new Recorder({
    start: (endpointing) => log.push(endpointing ? "start hands-free" : "start"),
    push: (bytes) => log.push(bytes[0] ?? -1),
    finish: () => log.push("finish"),
  });
  recorder.whenInterrupted(() => log.push("interrupted"));
  const hear = (value: number, rms = 0.001, count = 1) => {
    for (let index = 0; index < count; index += 1) recorder.heard({ bytes: Uint8Array.of(value), rms, ms: 100 });
  };
  return { recorder, hear, log };
}

describe("press to speak", () => {
  it("takes what is heard from the press to the moment after the next one, and nothing else", () => {
    const { recorder, hear, log } = setup();
    hear(1);
    recorder.start("push");
    hear(2);
    hear(3);
    recorder.finish();
    expect(recorder.recording).toBe(false);
    hear(4, 0.001, 3);
    hear(5);
    expect(log).toEqual(["start", 2, 3, 4, 4, 4, "finish"]);
  });

  it("is the person's own decision while the interviewer speaks", () => {
    const { recorder, hear, log } = setup();
    recorder.spokenTo(true);
    recorder.start("push");
    hear(7);
    expect(log).toEqual(["start", 7]);
  });
});

describe("hands-free", () => {
  it("sends silence for the interviewer's own words, as long as they are", () => {
    const { recorder, hear, log } = setup();
    recorder.start("hands_free");
    hear(1);
    recorder.spokenTo(true);
    hear(9, 0.05, 8);
    recorder.spokenTo(false);
    hear(2);
    expect(log).toEqual(["start hands-free", 1, ...Array(8).fill(0), 2]);
  });

  it("lets somebody interrupt by speaking, and loses nothing of how they began", () => {
    const { recorder, hear, log } = setup();
    recorder.start("hands_free");
    recorder.spokenTo(true);
    hear(9, 0.01, 5);
    hear(3, 0.2, 3);
    hear(4, 0.2);
    const interrupted = log.indexOf("interrupted");
    expect(log.slice(0, interrupted).filter((entry) => entry === 3)).toHaveLength(3);
    expect(log.slice(interrupted + 1)).toEqual([4]);
  });

  it("ends at once where the microphone is closed", () => {
    const { recorder, hear, log } = setup();
    recorder.start("hands_free");
    recorder.spokenTo(true);
    hear(9);
    recorder.stop();
    hear(1);
    expect(log).toEqual(["start hands-free", 0, "finish"]);
  });
});
