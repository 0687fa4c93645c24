import type { Report } from "@/api/types";
import { Panel } from "@/ui/primitives";
import { LOCALES, type Translate, useFormat, useText } from "@/ui/text";
import { comparisons, difference } from "./model";
import css from "./Report.module.css";

function differenceText(t: Translate, ai: number | null, human: number | null, number: (value: number) => string): string {
  const delta = difference(ai, human);
  if (delta === null) return ai === null && human === null ? t("compare.both_none") : t("compare.one_none");
  if (Math.abs(delta) < 0.05) return t("compare.same");
  return t(delta > 0 ? "compare.ai_higher" : "compare.ai_lower", { points: number(Math.abs(delta)) });
}

/** People's scorecards beside the AI's draft. */
export function Comparison({ report }: { report: Report }) {
  const t = useText();
  const format = useFormat();
  if (report.own_scorecards.length === 0) return null;
  const number = (value: number) => format.number(value, Number.isInteger(value) ? 0 : 1);
  const cell = (value: number | null) => (value === null ? t("report.insufficient") : number(value));
  return (
    <Panel title={t("compare.title")} hint={t("compare.hint")}>
      {/* The roles are said, because a narrow screen lays the rows out as blocks, which takes them away. */}
        <table role="table" className={`${css.table} ${css.stacking}`}>
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">{t("report.competency")}</th>
              {report.own_scorecards.map((own) => (
                <th key={own.scorecard_id} role="columnheader" scope="col">
                  {own.author_name || t("compare.you")}
                </th>
              ))}
              <th role="columnheader" scope="col">{t("compare.ai")}</th>
              <th role="columnheader" scope="col">{t("compare.difference")}</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            {comparisons(report).map((row) => (
              <tr key={row.criterion_id} role="row">
                <th role="rowheader" scope="row" lang={LOCALES[report.language]}>
                  {row.name}
                </th>
                {row.human.map((value, index) => (
                  <td key={index} role="cell" data-label={report.own_scorecards[index]?.author_name || t("compare.you")}>
                    {cell(value)}
                  </td>
                ))}
                <td role="cell" data-label={t("compare.ai")}>
                  {cell(row.ai)}
                </td>
                <td role="cell" data-label={t("compare.difference")}>{row.human.map((value) => differenceText(t, row.ai, value, number)).join("; ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      {report.own_scorecards.map((own) => (
        <div key={own.scorecard_id} className={css.feedback}>
          <p>
            <strong>
              {own.author_name || t("compare.you")}: {t(`recommendation.${own.recommendation}`)}
            </strong>{" "}
            {own.comment}
          </p>
          {own.criteria.some((item) => item.comment !== "") && (
            <ul>
              {own.criteria
                .filter((item) => item.comment !== "")
                .map((item) => (
                  <li key={item.criterion_id}>
                    {report.scorecard.criteria.find((known) => known.criterion_id === item.criterion_id)?.name}:{" "}
                    {item.comment}
                  </li>
                ))}
            </ul>
          )}
        </div>
      ))}
    </Panel>
  );
}
