import { Badge } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { digitsOf } from "@/ui/points";
import { markKindKey } from "./words";

export interface ShownMark {
  rater: string;
  kind: string;
  points: number | null;
  comment: string;
  confidence: number | null;
  rationale: string;
  reason?: string;
}

/** The marks that a response got, side by side. */
export function Marks({ marks, maximum }: { marks: readonly ShownMark[]; maximum: number | null }) {
  const t = useText();
  const format = useFormat();
  const points = (value: number) => format.number(value, digitsOf(value));
  return (
    <div className={css.beside}>
      {marks.map((mark, index) => (
        <div key={index} className={css.mark} data-mark={mark.kind}>
          <div className={css.bar}>
            <Badge>{t(markKindKey(mark.kind))}</Badge>
            <b>
              {mark.points === null ? "–" : points(mark.points)}
              {maximum !== null && ` / ${points(maximum)}`}
            </b>
          </div>
          <span className={css.meta}>
            {mark.kind === "ai"
              ? mark.confidence !== null && t("mark.confidence", { share: format.percent(mark.confidence) })
              : t("mark.by", { name: mark.rater })}
          </span>
          {mark.comment !== "" && <p>{mark.comment}</p>}
          {mark.rationale !== "" && <p className={css.meta}>{mark.rationale}</p>}
          {mark.reason !== undefined && mark.reason !== "" && mark.kind !== "ai" && (
            <p className={css.meta}>{t("mark.reason", { reason: mark.reason })}</p>
          )}
        </div>
      ))}
    </div>
  );
}
