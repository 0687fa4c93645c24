/** What the report page works out from a report. Pure. */

import type { CriterionScore, Evidence, OwnScorecard, Report, TimelinePoint, Utterance } from "@/api/types";
import type { Span } from "@/protocol/spans";

/** One quotation of one criterion, with a name that the page can point at. */
export interface Citation {
  id: string;
  criterion_id: string;
  criterion: string;
  evidence: Evidence;
}

export const citationId = (criterionId: string, index: number): string => `${criterionId}:${index}`;

export const citations = (criteria: readonly CriterionScore[]): Citation[] =>
  criteria.flatMap((criterion) =>
    criterion.evidence.map((evidence, index) => ({
      id: citationId(criterion.criterion_id, index),
      criterion_id: criterion.criterion_id,
      criterion: criterion.name,
      evidence,
    })),
  );

/** The spans of each utterance, by its id. */
export function spansByUtterance(cited: readonly Citation[]): Map<string, Span[]> {
  const spans = new Map<string, Span[]>();
  for (const { id, evidence } of cited) {
    const list = spans.get(evidence.utterance_id) ?? [];
    list.push({ id, start: evidence.start, end: evidence.end });
    spans.set(evidence.utterance_id, list);
  }
  return spans;
}

const SAME_MOMENT_S = 3;

/** The planner's entry for what the interviewer said, if this is a question of the plan. */
export function moveOf(utterance: Utterance, timeline: readonly TimelinePoint[]): TimelinePoint | null {
  if (utterance.speaker === "candidate") return null;
  const near = timeline
    .map((point) => ({ point, distance: Math.abs(point.at_s - utterance.start) }))
    .filter(({ distance }) => distance <= SAME_MOMENT_S)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.point ?? null;
}

export interface Comparison {
  criterion_id: string;
  name: string;
  ai: number | null;
  /** In the order of the report's scorecards. */
  human: (number | null)[];
}

export const comparisons = (report: Report): Comparison[] =>
  report.scorecard.criteria.map((criterion) => ({
    criterion_id: criterion.criterion_id,
    name: criterion.name,
    ai: criterion.level ?? criterion.score,
    human: report.own_scorecards.map((scorecard) => scoreOf(scorecard, criterion.criterion_id)),
  }));

const scoreOf = (scorecard: OwnScorecard, criterionId: string): number | null =>
  scorecard.criteria.find((item) => item.criterion_id === criterionId)?.score ?? null;

/** How far the AI's draft is above (or below) a person's score; null where either has none. */
export const difference = (ai: number | null, human: number | null): number | null =>
  ai === null || human === null ? null : ai - human;

export const scored = (criteria: readonly CriterionScore[]): CriterionScore[] =>
  criteria.filter((criterion) => criterion.verdict === "scored" && criterion.score !== null);
