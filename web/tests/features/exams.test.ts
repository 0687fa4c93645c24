import { describe, expect, it } from "vitest";
import type { ExamQuestion } from "@/api/exams";
import { EMPTY_QUESTION, fieldsOf, formOf, freeQuestionId, problemsOf, withCorrect } from "@/features/exams/questionForm";
import { criteriaOf, NO_MARK, withEarned } from "@/features/grading/draftMark";
import { stepsOf } from "@/features/grading/words";
import { pieces } from "@/ui/MarkedText";

const written = { ...EMPTY_QUESTION, text: "Which is a noble gas?" };

describe("SPEC 4: a question as it is written", () => {
  it("names what keeps it from being saved", () => {
    expect(problemsOf({ ...EMPTY_QUESTION, points: "0" })).toEqual(["text_missing", "points_invalid", "options_few", "correct_missing"]);
    expect(problemsOf({ ...written, type: "numeric", points: "3", step: "2" })).toEqual(["step_invalid", "value_missing"]);
    expect(problemsOf({ ...written, type: "fill_in" })).toEqual(["blank_empty"]);
    expect(problemsOf({ ...written, type: "essay" })).toEqual([]);
  });

  it("has one correct option in a single choice and several in a multiple one", () => {
    const both = (form: typeof written) => withCorrect(withCorrect(form, "A", true), "B", true);
    const correct = (form: typeof written) => form.options.filter((option) => option.correct).map((option) => option.option_id);
    expect(correct(both(written))).toEqual(["B"]);
    expect(correct(both({ ...written, type: "multiple_choice" }))).toEqual(["A", "B"]);
  });

  it("comes out of the form as it went in, with what the form does not show", () => {
    const question = {
      question_id: "q1",
      version: 3,
      type: "numeric" as const,
      text: "How many moles are 36 g of water?",
      points: 2,
      step: 0.5,
      key: {
        type: "numeric" as const,
        value: 2,
        tolerance: 0.05,
        relative_tolerance: 0.01,
        unit: "mol",
        unit_required: true,
        without_unit_share: 0.5,
      },
      model_answers: [],
      rubric: [],
      guidance: "",
      image_url: "/scan.png",
      place: { page: 2, box: { left: 0.1, top: 0.2, right: 0.9, bottom: 0.4 }, bubbles: [] },
    };
    const { question_id, version, ...fields } = question;
    expect([question_id, version, fieldsOf(formOf(question), question)]).toEqual(["q1", 3, fields]);
  });

  it("takes a question off the sheet whose bubbles are not those of its options any more", () => {
    const box = { left: 0.1, top: 0.2, right: 0.9, bottom: 0.4 };
    const question: ExamQuestion = {
      question_id: "q1",
      version: 1,
      type: "true_false",
      text: "Ice floats.",
      points: 1,
      step: 1,
      key: { type: "true_false", correct: true },
      model_answers: [],
      rubric: [],
      guidance: "",
      image_url: "",
      place: { page: 1, box, bubbles: [{ option_id: "false", box }, { option_id: "true", box }] },
    };
    expect(fieldsOf(formOf(question), question).place).toEqual(question.place);
    expect(fieldsOf({ ...formOf(question), type: "essay" }, question).place).toBeNull();
  });

  it("gives a new question an id that none has", () => {
    expect(freeQuestionId([])).toBe("q1");
    expect(freeQuestionId([{ question_id: "q2" }])).toBe("q3");
  });
});

describe("SPEC 4: a mark as it is made", () => {
  const rubric = [
    { point_id: "a", text: "", points: 1 },
    { point_id: "b", text: "", points: 1.4 },
  ];
  const scale = { maximum: 2, step: 0.5 };

  it("follows the rubric on the question's steps, up to its maximum", () => {
    const one = withEarned(NO_MARK, "b", true, rubric, scale);
    expect(one.points).toBe(1.5);
    const two = withEarned(one, "a", true, rubric, scale);
    expect(two.points).toBe(2);
    expect(withEarned(two, "b", false, rubric, scale).points).toBe(1);
    expect(criteriaOf(one, rubric)).toEqual({ a: 0, b: 1.4 });
  });

  it("offers the points that a question can earn, where they are few", () => {
    expect(stepsOf(1, 0.25)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(stepsOf(100, 1)).toBeNull();
  });

  it("marks evidence by code points, overlapping or beyond the end", () => {
    expect(pieces("a𝒳cd", [{ start: 1, end: 2 }, { start: 1, end: 3 }, { start: 9, end: 12 }])).toEqual([
      { text: "a", marked: false },
      { text: "𝒳c", marked: true },
      { text: "d", marked: false },
    ]);
  });
});
