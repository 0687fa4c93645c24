/** What something is judged to show, as the server tells it; null where it is sealed. */

export interface Evidence {
  utterance_id: string;
  quote: string;
  start: number;
  end: number;
}

export interface CriterionScore {
  criterion_id: string;
  name: string;
  verdict: "scored" | "insufficient_evidence" | null;
  score: number | null;
  level: number | null;
  anchor: string | null;
  confidence: number | null;
  rationale: string | null;
  feedback: string | null;
  keywords: string[];
  evidence: Evidence[];
}
