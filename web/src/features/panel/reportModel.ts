/** What the panel's report page works out from a report. Pure. */

import type { PanelReport, ReportCandidate } from "@/api/panels";
import type { OwnScorecard } from "@/api/types";
import type { Span } from "@/protocol/spans";
import { EMPTY_SCORECARD, type ScorecardForm } from "./scorecardForm";

/** The name by which the page points at a quotation. */
export const citationId = (speakerId: string, criterionId: string, index: number): string => `${speakerId}:${criterionId}:${index}`;

/** The quoted spans of each utterance, by its id. */
export function citedSpans(report: PanelReport): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  for (const { speaker_id, scorecard } of report.candidates) {
    for (const { criterion_id, evidence } of scorecard?.criteria ?? []) {
      evidence.forEach(({ utterance_id, start, end }, index) => {
        const known = spans.get(utterance_id) ?? [];
        spans.set(utterance_id, [...known, { id: citationId(speaker_id, criterion_id, index), start, end }]);
      });
    }
  }
  return spans;
}

const markOf = (card: OwnScorecard, criterionId: string): number | null =>
  card.criteria.find(({ criterion_id }) => criterion_id === criterionId)?.score ?? null;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Where people start from when they agree: the middle of what each thought. */
export function agreedDraft(candidate: ReportCandidate, criteria: readonly { criterion_id: string }[]): ScorecardForm {
  const cards = candidate.own_scorecards;
  const marks = criteria.map(({ criterion_id }): [string, string] => {
    const given = cards.map((card) => markOf(card, criterion_id)).filter((mark) => mark !== null);
    const middle = mean(given);
    return [criterion_id, middle === null ? "none" : String(Math.round(middle))];
  });
  return { ...EMPTY_SCORECARD, marks: Object.fromEntries(marks), recommendation: cards.length === 1 ? (cards[0]?.recommendation ?? "") : "" };
}

export interface ComparedRow {
  criterion_id: string;
  name: string;
  ai: number | null;
  human: (number | null)[];
  /** What was agreed on; undefined where nothing was yet. */
  agreed: number | null | undefined;
  /** The largest distance between any two of them; null where fewer than two gave a mark. */
  spread: number | null;
}

export function compared(report: PanelReport, candidate: ReportCandidate): ComparedRow[] {
  return report.rubric.criteria.map(({ criterion_id, name }) => {
    const ai = candidate.scorecard?.criteria.find((criterion) => criterion.criterion_id === criterion_id)?.score ?? null;
    const human = candidate.own_scorecards.map((card) => markOf(card, criterion_id));
    const given = [ai, ...human].filter((mark) => mark !== null);
    const mark = candidate.adjudication?.criteria.find((criterion) => criterion.criterion_id === criterion_id);
    return {
      criterion_id,
      name,
      ai,
      human,
      agreed: candidate.adjudication === null ? undefined : (mark?.score ?? null),
      spread: given.length < 2 ? null : Math.max(...given) - Math.min(...given),
    };
  });
}
