/** Where a stretch of an utterance can be heard. Pure. */

import type { AudioPlace } from "./messages";

/** Where the characters (code points) [`at`, `at + length`) can be heard; `words`: character, and its seconds from, to. */
export interface AudibleSpan extends AudioPlace {
  at: number;
  length: number;
  words: readonly (readonly [number, number, number])[];
}

/** Recognisers set a word's edges a little too tight for the ear. */
const MARGIN_S = 0.08;

function placeIn(span: AudibleSpan, start: number, end: number): AudioPlace {
  const first = span.words.findLast(([at]) => at <= start) ?? span.words[0];
  const last = span.words.findLast(([at]) => at < end);
  const from = first === undefined || start <= span.at ? span.start_s : first[1] - MARGIN_S;
  const to = last === undefined || end >= span.at + span.length ? span.end_s : last[2] + MARGIN_S;
  return {
    recording_id: span.recording_id,
    start_s: Math.max(span.start_s, from),
    end_s: Math.min(span.end_s, Math.max(to, from)),
  };
}

/** The seconds in which the characters [`start`, `end`) were said; several where they were said in several goes. */
export const audible = (spans: readonly AudibleSpan[], start: number, end: number): AudioPlace[] =>
  spans
    .filter((span) => span.at < end && start < span.at + span.length)
    .map((span) => placeIn(span, start, end))
    .filter((place) => place.end_s > place.start_s);
