/** Evidence spans in a text. Spans count code points, as the server does; JavaScript strings count UTF-16 units. */

export interface Span {
  /** Which evidence this is. */
  id: string;
  start: number;
  end: number;
}

export interface Segment {
  text: string;
  /** The spans that cover this segment, in the order given. Empty for plain text. */
  ids: readonly string[];
}

/** Cuts `text` at every span's edges. Spans that reach beyond the text are cut to it; empty ones are left out. */
export function segments(text: string, spans: readonly Span[]): Segment[] {
  const points = Array.from(text);
  const clamp = (position: number) => Math.min(Math.max(0, position), points.length);
  const valid = spans
    .map((span) => ({ id: span.id, start: clamp(span.start), end: clamp(span.end) }))
    .filter((span) => span.end > span.start);
  const edges = [...new Set([0, points.length, ...valid.flatMap((span) => [span.start, span.end])])].sort(
    (a, b) => a - b,
  );
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1] ?? points.length;
    return {
      text: points.slice(from, to).join(""),
      ids: valid.filter((span) => span.start <= from && span.end >= to).map((span) => span.id),
    };
  });
}
