import { describe, expect, it } from "vitest";
import { analysisOf } from "@/protocol/answerAnalysis";

describe("what the server finds in an answer", () => {
  it("puts the quotations beside what they are quoted for", () => {
    const { coverage, suggestions } = analysisOf({
      question_id: "q1",
      coverage: { Figures: 0.5, Lessons: null },
      evidence: [
        { criterion: "Figures", quote: "ninety seconds", start: 3, end: 17 },
        { criterion: "Something else", quote: "no", start: 0, end: 2 },
      ],
      suggestions: ["Ask what was learned."],
    });
    expect(coverage).toEqual([
      { name: "Figures", share: 0.5, quotes: ["ninety seconds"] },
      { name: "Lessons", share: null, quotes: [] },
    ]);
    expect(suggestions).toEqual(["Ask what was learned."]);
  });

  it("takes an answer that lacks everything", () => {
    expect(analysisOf({ coverage: [], evidence: "no", suggestions: [1] })).toEqual({ coverage: [], suggestions: [] });
  });
});
