import { describe, expect, it } from "vitest";
import type { Criterion, CriterionScore, Report, TimelinePoint, Utterance } from "@/api/types";
import { voiceFor } from "@/features/interview/useSpeech";
import { emptyForm, isForm, problems, toggled, toRequest } from "@/features/interviews/form";
import { bands } from "@/features/reports/Charts";
import { citations, comparisons, difference, moveOf, scored, spansByUtterance } from "@/features/reports/model";
import { EMPTY_FORM, isOwnForm, toRequest as toScorecard, unanswered, withEntry } from "@/features/reports/ownScorecard";
import { clockText } from "@/ui/text";

const criterion = (id: string): Criterion => ({ criterion_id: id, name: id, description: "", levels: [], weight: 1 });
const score = (id: string, level: number | null, quotes: [string, number, number][] = []): CriterionScore => ({
  criterion_id: id,
  name: id.toUpperCase(),
  verdict: level === null ? "insufficient_evidence" : "scored",
  score: level,
  level,
  anchor: "",
  confidence: 0.5,
  rationale: "",
  feedback: "",
  keywords: [],
  evidence: quotes.map(([utterance_id, start, end]) => ({ utterance_id, quote: "", start, end })),
});
const point = (at_s: number, focus_area = ""): TimelinePoint => ({
  at_s,
  strategy: "deep_dive",
  focus_area,
  question_id: null,
  reason: "because",
  answer_words: 0,
  answer_quality: null,
});
const utterance = (speaker: string, start: number) => ({ speaker, start }) as Utterance;

describe("an own scorecard", () => {
  const criteria = [criterion("a"), criterion("b")];

  it("is complete only when everything is judged; not enough evidence is a judgement", () => {
    let form = withEntry(EMPTY_FORM, "a", { choice: 4, comment: " good " });
    expect(unanswered(form, criteria)).toEqual(["b"]);
    expect(toScorecard(form, criteria)).toBeNull();
    form = withEntry(form, "b", { choice: "none" });
    expect(toScorecard(form, criteria)).toBeNull();
    expect(toScorecard({ ...form, recommendation: "yes" }, criteria)).toEqual({
      criteria: [
        { criterion_id: "a", score: 4, comment: "good" },
        { criterion_id: "b", score: null, comment: "" },
      ],
      recommendation: "yes",
      comment: "",
    });
  });

  it("takes only a fitting draft", () => {
    expect(isOwnForm(EMPTY_FORM)).toBe(true);
    expect(isOwnForm(withEntry(EMPTY_FORM, "a", { choice: 2 }))).toBe(true);
    for (const other of [null, 1, {}, { ...EMPTY_FORM, recommendation: "maybe" }, { ...EMPTY_FORM, criteria: { a: 3 } }]) {
      expect(isOwnForm(other)).toBe(false);
    }
  });
});

describe("a report", () => {
  it("knows what is cited where", () => {
    const cited = citations([score("a", 4, [["u1", 0, 3], ["u2", 1, 2]]), score("b", null)]);
    expect(cited.map((citation) => citation.id)).toEqual(["a:0", "a:1"]);
    expect(spansByUtterance(cited).get("u2")).toEqual([{ id: "a:1", start: 1, end: 2 }]);
  });

  it("SPEC 3: does not count missing evidence as a low score", () => {
    expect(scored([score("a", 4), score("b", null)]).map((item) => item.criterion_id)).toEqual(["a"]);
  });

  it("SPEC 6.2: sets people and AI side by side", () => {
    const own = { criteria: [{ criterion_id: "a", score: 5, comment: "" }], recommendation: "yes", comment: "" };
    const report = { scorecard: { criteria: [score("a", 3), score("b", null)] }, own_scorecards: [own] } as unknown as Report;
    expect(comparisons(report)).toEqual([
      { criterion_id: "a", name: "A", ai: 3, human: [5] },
      { criterion_id: "b", name: "B", ai: null, human: [null] },
    ]);
    expect(difference(3, 5)).toBe(-2);
    expect(difference(null, 5)).toBeNull();
  });

  it("finds why something was asked by its moment", () => {
    const timeline = [point(10), point(60)];
    expect(moveOf(utterance("interviewer", 61), timeline)?.at_s).toBe(60);
    expect(moveOf(utterance("interviewer", 30), timeline)).toBeNull();
    expect(moveOf(utterance("candidate", 60), timeline)).toBeNull();
  });

  it("joins neighbouring questions of one focus into one stretch", () => {
    const names = new Map([["t", "Teamwork"]]);
    expect(bands([point(0), point(5, "t"), point(9, "t"), point(20, "l")], 30, names)).toEqual([
      { name: "Teamwork", from: 5, to: 20 },
      { name: "l", from: 20, to: 30 },
    ]);
  });
});

describe("a new interview", () => {
  it("needs a role and texts within the limit", () => {
    const form = emptyForm("ko");
    expect(problems(form)).toEqual(["role_missing"]);
    expect(problems({ ...form, role: "x", resume: "a".repeat(50_001) })).toEqual(["resume_long"]);
  });

  it("is sealed unless somebody chooses otherwise", () => {
    expect(toRequest(emptyForm("en"))).toMatchObject({ kind: "dialogue", evaluation_visibility: "sealed" });
  });

  it("takes only a fitting draft", () => {
    expect(isForm(emptyForm("zh"))).toBe(true);
    expect(isForm({ ...emptyForm("zh"), language: "fr" })).toBe(false);
    expect(isForm({ ...emptyForm("zh"), duration_minutes: 7 })).toBe(false);
  });

  it("toggles competencies in the order chosen", () => {
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  });
});

describe("a voice", () => {
  const voice = (lang: string, localService: boolean) => ({ lang, localService, name: lang }) as SpeechSynthesisVoice;

  it("is of the interview's language, and of this machine where there is one", () => {
    const voices = [voice("en-US", true), voice("zh-TW", true), voice("zh_CN", false), voice("ko-KR", false)];
    expect(voiceFor(voices, "zh")?.lang).toBe("zh-TW");
    expect(voiceFor(voices, "ko")?.lang).toBe("ko-KR");
    expect(voiceFor([voice("fr-FR", true)], "en")).toBeNull();
  });
});

it("writes session time as a clock", () => {
  expect([0, 59.9, 61, 3_600, 3_725, -3].map(clockText)).toEqual(["0:00", "0:59", "1:01", "1:00:00", "1:02:05", "0:00"]);
});
