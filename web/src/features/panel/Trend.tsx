import { useId } from "react";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import type { Language } from "@/protocol/messages";
import css from "./Panel.module.css";

export interface Moment {
  at_s: number;
  overall: number | null;
  scores: Record<string, number | null>;
}

const WIDTH = 320;
const HEIGHT = 96;
const PAD = 8;

function points(moments: readonly Moment[], value: (moment: Moment) => number | null): [number, number][] {
  const end = Math.max(1, moments.at(-1)?.at_s ?? 1);
  const begin = Math.min(end, moments[0]?.at_s ?? 0);
  return moments.flatMap((moment): [number, number][] => {
    const score = value(moment);
    if (score === null) return [];
    const x = end === begin ? WIDTH / 2 : PAD + ((moment.at_s - begin) / (end - begin)) * (WIDTH - 2 * PAD);
    return [[x, HEIGHT - PAD - ((score - 1) / 4) * (HEIGHT - 2 * PAD)]];
  });
}

export interface TrendProps {
  name: string;
  moments: readonly Moment[];
  criteria: readonly { criterion_id: string; name: string }[];
  language: Language;
}

/** How the scores went over time: a line for the whole, and a table with every criterion. */
export function Trend({ name, moments, criteria, language }: TrendProps) {
  const t = useText();
  const format = useFormat();
  const title = useId();
  const line = points(moments, ({ overall }) => overall);
  if (line.length < 2) return null;
  const number = (value: number | null | undefined) => (value === null || value === undefined ? "–" : format.number(value, 1));
  return (
    <figure className={css.trend}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={title}>
        <title id={title}>{t("panel.trend_of", { name })}</title>
        {[1, 2, 3, 4, 5].map((level) => {
          const y = HEIGHT - PAD - ((level - 1) / 4) * (HEIGHT - 2 * PAD);
          return <line key={level} x1={PAD} x2={WIDTH - PAD} y1={y} y2={y} className={css.grid} />;
        })}
        <polyline points={line.map((point) => point.join(",")).join(" ")} className={css.line} />
        {line.map(([x, y]) => (
          <circle key={x} cx={x} cy={y} r={3} className={css.dot} />
        ))}
      </svg>
      <details>
        <summary>{t("report.as_table")}</summary>
        <div className={css.scroll} tabIndex={0} role="group" aria-label={t("panel.trend_of", { name })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("panel.time")}</th>
                <th scope="col">{t("panel.overall")}</th>
                {criteria.map((criterion) => (
                  <th key={criterion.criterion_id} scope="col" lang={LOCALES[language]}>
                    {criterion.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {moments.map((moment) => (
                <tr key={moment.at_s}>
                  <th scope="row">{clockText(moment.at_s)}</th>
                  <td>{number(moment.overall)}</td>
                  {criteria.map(({ criterion_id: id }) => (
                    <td key={id}>{number(moment.scores[id])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
