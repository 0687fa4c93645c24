import { describe, expect, it } from "vitest";
import type { ExamQuestion, SheetPlace } from "@/api/exams";
import { problemOf, type StagedFile, studentOf } from "@/features/grading/scanFiles";
import { drawnBox, nextBox, optionsOf, placedIn, placesOf, unsaved, withBox, withBubble } from "@/features/grading/sheetPlaces";

const choice: ExamQuestion = {
  question_id: "q1",
  version: 1,
  type: "multiple_choice",
  text: "Which?",
  points: 1,
  step: 1,
  key: {
    type: "choice",
    options: ["A", "B", "C"].map((option_id) => ({ option_id, text: "" })),
    correct: ["A"],
    scoring: "all_or_nothing",
  },
  model_answers: [],
  rubric: [],
  guidance: "",
  image_url: "",
  place: null,
};
const essay: ExamQuestion = { ...choice, question_id: "q2", type: "essay", key: null };
const BOX = { left: 0.1, top: 0.2, right: 0.7, bottom: 0.3 };
const place = placedIn(choice, 1, BOX, 0.707);
const onPage = ({ left, top, right, bottom }: SheetPlace["box"]) =>
  0 <= left && left < right && right <= 1 && 0 <= top && top < bottom && bottom <= 1;

describe("SPEC 4: where questions stand on a sheet", () => {
  it("puts a bubble for each option into the rectangle, in a row", () => {
    expect(place.bubbles.map((bubble) => bubble.option_id)).toEqual(["A", "B", "C"]);
    for (const { box } of place.bubbles) expect(box.left >= BOX.left && box.right <= BOX.right).toBe(true);
    expect(optionsOf({ ...essay, type: "true_false" })).toEqual(["true", "false"]);
    expect(placedIn(essay, 2, BOX, 0.707)).toEqual({ page: 2, box: BOX, bubbles: [] });
  });

  it("moves a question with its bubbles, and neither off the page", () => {
    const right = withBox(place, "move", 0.1, 0);
    expect(right.box).toEqual({ left: 0.2, top: 0.2, right: 0.8, bottom: 0.3 });
    expect(right.bubbles[0]?.box.left).toBeCloseTo((place.bubbles[0]?.box.left ?? 0) + 0.1, 4);
    const far = withBox(place, "move", 5, -5);
    expect([far.box.right, far.box.top]).toEqual([1, 0]);
    expect(far.bubbles.every((bubble) => onPage(bubble.box))).toBe(true);
  });

  it("never makes a rectangle smaller than can be seen, nor larger than the page", () => {
    expect(onPage(withBox(place, "resize", -3, -3).box)).toBe(true);
    expect(withBox(place, "resize", 3, 3).box).toEqual({ ...BOX, right: 1, bottom: 1 });
  });

  it("moves one bubble alone", () => {
    const moved = withBubble(place, "B", "move", 0.01, 0.02);
    expect([moved.box, moved.bubbles[0], moved.bubbles[2]]).toEqual([place.box, place.bubbles[0], place.bubbles[2]]);
    expect(moved.bubbles[1]?.box.top).toBeCloseTo((place.bubbles[1]?.box.top ?? 0) + 0.02, 4);
  });

  it("draws from any corner to any other, and takes a click for a click", () => {
    expect(drawnBox(0.7, 0.3, 0.1, 0.2)).toEqual(BOX);
    expect(drawnBox(0.5, 0.5, 0.505, 0.505)).toBeNull();
    expect(drawnBox(-1, 0.2, 2, 0.3)).toEqual({ left: 0, top: 0.2, right: 1, bottom: 0.3 });
  });

  it("finds room below what is there", () => {
    expect(nextBox(essay, [place]).top).toBeGreaterThan(place.box.bottom);
    expect(onPage(nextBox(essay, [{ ...place, box: { ...BOX, bottom: 0.99 } }]))).toBe(true);
  });

  it("knows what is not saved, and drops a place whose bubbles are other options'", () => {
    const stored = { ...choice, place };
    expect(unsaved([stored, essay], placesOf([stored, essay], {}))).toEqual([]);
    const changed = placesOf([stored, essay], { q2: placedIn(essay, 1, BOX, 0.707) });
    expect(unsaved([stored, essay], changed)).toEqual([essay]);
    const two = { ...place, bubbles: place.bubbles.slice(0, 2) };
    expect(placesOf([{ ...choice, place: two }], {})).toEqual({ q1: null });
  });
});

const staged = (name: string, part: Partial<StagedFile> = {}): StagedFile => ({
  key: name,
  file: new File(["x"], name),
  studentId: studentOf(name),
  sent: null,
  error: null,
  ...part,
});

describe("SPEC 4: files that are handed in", () => {
  it("are of the student they are named after", () => {
    expect(["s-07.pdf", "Kim 3.jpeg", "no ending", ".pdf"].map(studentOf)).toEqual(["s-07", "Kim 3", "no ending", ""]);
  });

  it("are held back for what can be seen before they are sent", () => {
    const good = staged("s1.pdf");
    const twice = staged("s1.png");
    const large = staged("s2.pdf");
    Object.defineProperty(large.file, "size", { value: 50 * 1024 * 1024 + 1 });
    expect(problemOf(good, [good])).toBeNull();
    expect(problemOf(twice, [good, twice])).toBe("student_twice");
    expect(problemOf(staged("x.HEIC"), [])).toBe("heic");
    expect(problemOf(large, [large])).toBe("too_large");
    expect(problemOf(staged(".pdf"), [])).toBe("student_missing");
  });
});
