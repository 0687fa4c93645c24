/** What the server finds in one answer: how much of each thing asked for it shows, and where. Pure. */

export interface Quotation {
  criterion: string;
  quote: string;
}

export interface AnswerAnalysis {
  /** From 0 to 1; null where there is not enough to say. */
  coverage: { name: string; share: number | null; quotes: string[] }[];
  suggestions: string[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

function quotations(value: unknown): Quotation[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).flatMap(({ criterion, quote }) =>
    typeof criterion === "string" && typeof quote === "string" ? [{ criterion, quote }] : [],
  );
}

export function analysisOf(answer: Record<string, unknown>): AnswerAnalysis {
  const found = quotations(answer["evidence"]);
  const coverage = isObject(answer["coverage"]) ? Object.entries(answer["coverage"]) : [];
  return {
    coverage: coverage.map(([name, share]) => ({
      name,
      share: typeof share === "number" ? Math.min(1, Math.max(0, share)) : null,
      quotes: found.filter(({ criterion }) => criterion === name).map(({ quote }) => quote),
    })),
    suggestions: texts(answer["suggestions"]),
  };
}
