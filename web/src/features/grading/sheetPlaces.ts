/** Rectangles on a sheet, in shares of its page. Pure. */

import type { ExamQuestion, SheetBox, SheetPlace } from "@/api/exams";

/** A rectangle may not be smaller, in shares of the page. */
const SMALLEST = 0.01;
/** A rectangle that was drawn smaller was a click. */
const DRAWN = 0.02;
const BUBBLE_WIDTH = 0.032;
/** Of A4, as long as no sample says otherwise: width over height. */
export const A4 = 1 / Math.SQRT2;

const round = (share: number): number => Math.round(share * 1e4) / 1e4;
const within = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** As far as a rectangle can go without leaving the page. */
function moved(box: SheetBox, dx: number, dy: number): SheetBox {
  const x = within(dx, -box.left, 1 - box.right);
  const y = within(dy, -box.top, 1 - box.bottom);
  return { left: round(box.left + x), top: round(box.top + y), right: round(box.right + x), bottom: round(box.bottom + y) };
}

/** Its right and lower sides move. */
function resized(box: SheetBox, dx: number, dy: number): SheetBox {
  return {
    ...box,
    right: round(within(box.right + dx, box.left + SMALLEST, 1)),
    bottom: round(within(box.bottom + dy, box.top + SMALLEST, 1)),
  };
}

export type How = "move" | "resize";

/** A question's rectangle changed; when it moves, its bubbles go with it. */
export function withBox(place: SheetPlace, how: How, dx: number, dy: number): SheetPlace {
  if (how === "resize") return { ...place, box: resized(place.box, dx, dy) };
  const box = moved(place.box, dx, dy);
  const [x, y] = [box.left - place.box.left, box.top - place.box.top];
  return { ...place, box, bubbles: place.bubbles.map((bubble) => ({ ...bubble, box: moved(bubble.box, x, y) })) };
}

export function withBubble(place: SheetPlace, optionId: string, how: How, dx: number, dy: number): SheetPlace {
  const change = how === "move" ? moved : resized;
  return {
    ...place,
    bubbles: place.bubbles.map((bubble) =>
      bubble.option_id === optionId ? { ...bubble, box: change(bubble.box, dx, dy) } : bubble,
    ),
  };
}

/** The rectangle between two points; null for what was rather a click. */
export function drawnBox(ax: number, ay: number, bx: number, by: number): SheetBox | null {
  const side = (value: number) => round(within(value, 0, 1));
  const box = {
    left: side(Math.min(ax, bx)),
    top: side(Math.min(ay, by)),
    right: side(Math.max(ax, bx)),
    bottom: side(Math.max(ay, by)),
  };
  return box.right - box.left < DRAWN || box.bottom - box.top < DRAWN / 2 ? null : box;
}

/** What can be ticked in a question. */
export function optionsOf(question: ExamQuestion): string[] {
  if (question.key?.type === "choice") return question.key.options.map((option) => option.option_id);
  return question.type === "true_false" ? ["true", "false"] : [];
}

/** A question's place in `box`, its bubbles in a row. `ratio` is the page's width over its height. */
export function placedIn(question: ExamQuestion, page: number, box: SheetBox, ratio: number): SheetPlace {
  const options = optionsOf(question);
  const apart = (box.right - box.left) / options.length;
  const width = Math.min(BUBBLE_WIDTH, apart * 0.8, (box.bottom - box.top) / ratio);
  const [half, y] = [width / 2, (box.top + box.bottom) / 2];
  return {
    page,
    box,
    bubbles: options.map((option_id, index) => {
      const x = box.left + apart * (index + 0.5);
      const upright = half * ratio;
      return {
        option_id,
        box: { left: round(x - half), top: round(y - upright), right: round(x + half), bottom: round(y + upright) },
      };
    }),
  };
}

/** Below what is on the page already, as high as an answer of its kind usually is. */
export function nextBox(question: ExamQuestion, taken: readonly SheetPlace[]): SheetBox {
  const height = question.type === "essay" ? 0.3 : question.type === "short_answer" ? 0.15 : 0.06;
  const lowest = Math.max(0.06, ...taken.map((place) => place.box.bottom));
  const top = round(Math.min(lowest + 0.02, 1 - height));
  return { left: 0.08, top, right: 0.92, bottom: round(top + height) };
}

export type Places = Readonly<Record<string, SheetPlace | null>>;

export const isPlaces = (value: unknown): value is Places => typeof value === "object" && value !== null && !Array.isArray(value);

/** Where the questions are, with what was changed and is not saved. Places of other options do not fit any more. */
export function placesOf(questions: readonly ExamQuestion[], changed: Places): Record<string, SheetPlace | null> {
  const found: Record<string, SheetPlace | null> = {};
  for (const question of questions) {
    const id = question.question_id;
    const place = id in changed ? (changed[id] ?? null) : question.place;
    const bubbles = place?.bubbles.map((bubble) => bubble.option_id).sort() ?? [];
    const fits = bubbles.join("\n") === optionsOf(question).sort().join("\n");
    found[id] = fits ? place : null;
  }
  return found;
}

/** The questions whose place is another than the stored one. */
export const unsaved = (questions: readonly ExamQuestion[], places: Places): ExamQuestion[] =>
  questions.filter((question) => JSON.stringify(places[question.question_id] ?? null) !== JSON.stringify(question.place));
