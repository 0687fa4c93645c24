import css from "./MarkedText.module.css";

export interface MarkedSpan {
  /** Code points, not UTF-16 units. */
  start: number;
  end: number;
}

/** Pieces of a text, in order: those that a span covers are marked. Spans may overlap, or lie beyond the text. */
export function pieces(text: string, spans: readonly MarkedSpan[]): { text: string; marked: boolean }[] {
  const letters = Array.from(text);
  const marks = new Uint8Array(letters.length);
  for (const span of spans) marks.fill(1, Math.max(0, span.start), Math.max(0, span.end));
  const found: { text: string; marked: boolean }[] = [];
  letters.forEach((letter, at) => {
    const marked = marks[at] === 1;
    const last = found.at(-1);
    if (last !== undefined && last.marked === marked) last.text += letter;
    else found.push({ text: letter, marked });
  });
  return found;
}

/** What somebody answered, with the words marked that carry its points. */
export function MarkedText({ text, spans, lang }: { text: string; spans: readonly MarkedSpan[]; lang?: string | undefined }) {
  return (
    <p className={css.text} lang={lang}>
      {pieces(text, spans).map((piece, index) =>
        piece.marked ? (
          <mark key={index} className={css.mark}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
    </p>
  );
}
