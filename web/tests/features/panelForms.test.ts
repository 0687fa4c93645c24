import { describe, expect, it } from "vitest";
import type { ReportCandidate } from "@/api/panels";
import { emptyPanel, interviewersOf, problems, toPanel } from "@/features/panel/panelForm";
import { agreedDraft } from "@/features/panel/reportModel";
import { emptyCriterion, freshCriterionId, isComplete, toRubric } from "@/features/panel/rubricForm";
import { EMPTY_SCORECARD, toScorecard } from "@/features/panel/scorecardForm";

const CRITERIA = [{ criterion_id: "a", name: "A", description: "", levels: [], weight: 1 }];

describe("the form of a new panel", () => {
  it("leaves out empty names and wants one candidate, each named differently", () => {
    const form = { ...emptyPanel("en"), title: " Panel ", candidates: [" Ada ", "", "Noor"], interviewers: "Sam\n\n Sam \nJo" };
    expect(problems(form)).toEqual([]);
    expect(toPanel(form)).toMatchObject({ title: "Panel", candidates: [{ name: "Ada" }, { name: "Noor" }], rubric_id: "panel" });
    expect(interviewersOf(form)).toEqual(["Sam", "Jo"]);
    expect(problems({ ...form, candidates: ["Ada", "Ada"] })).toEqual(["candidates"]);
    expect(problems(emptyPanel("ko"))).toEqual(["title", "candidates"]);
  });
});

describe("a scorecard", () => {
  it("is handed in when every criterion has an answer; not enough to judge is one", () => {
    expect(toScorecard({ ...EMPTY_SCORECARD, recommendation: "yes" }, CRITERIA)).toBeNull();
    const done = toScorecard({ marks: { a: "none" }, recommendation: "yes", comment: " ok " }, CRITERIA);
    expect(done).toEqual({ criteria: [{ criterion_id: "a", score: null, comment: "" }], recommendation: "yes", comment: "ok" });
  });

  it("that people agree on starts from the middle of what they thought", () => {
    const card = (score: number | null) => ({ criteria: [{ criterion_id: "a", score, comment: "" }], recommendation: "yes" });
    const draft = (...cards: unknown[]) =>
      agreedDraft({ own_scorecards: cards } as unknown as ReportCandidate, CRITERIA);
    expect(draft(card(2), card(4)).marks).toEqual({ a: "3" });
    expect(draft(card(null)).marks).toEqual({ a: "none" });
    expect(draft(card(2)).recommendation).toBe("yes");
    expect(draft(card(2), card(4)).recommendation).toBe("");
  });
});

describe("a rubric while it is written", () => {
  const whole = {
    ...emptyCriterion("criterion_1"),
    name: { ko: "안전" },
    levels: Array.from({ length: 5 }, (_, index) => ({ ko: `수준 ${index + 1}` })),
    keywords: "double check, 이중 확인，警告",
  };

  it("is complete in a language when every name and level is written in it", () => {
    expect(isComplete({ title: "t", criteria: [whole] }, "ko")).toBe(true);
    expect(isComplete({ title: "t", criteria: [whole] }, "en")).toBe(false);
    expect(isComplete({ title: "t", criteria: [whole, emptyCriterion("criterion_2")] }, "ko")).toBe(false);
  });

  it("takes keywords apart at the commas of every language", () => {
    expect(toRubric({ title: " t ", criteria: [whole] })).toMatchObject({
      title: "t",
      criteria: [{ keywords: ["double check", "이중 확인", "警告"] }],
    });
  });

  it("gives a new criterion an id that none has", () => {
    expect(freshCriterionId([{ criterion_id: "criterion_2" }])).toBe("criterion_3");
    expect(freshCriterionId([{ criterion_id: "technical" }, { criterion_id: "criterion_3" }])).toBe("criterion_4");
  });
});
