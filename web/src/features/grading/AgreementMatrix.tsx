import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Exam } from "@/api/exams";
import { showMatrix } from "@/api/marking";
import { Failure } from "@/ui/Failure";
import { Loading, Panel } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { digitsOf } from "@/ui/points";


/** What people gave where the AI gave what: agreement lies on the diagonal. */
export function AgreementMatrix({ exam, stamp }: { exam: Exam; stamp: number }) {
  const t = useText();
  const format = useFormat();
  const free = exam.questions.filter((question) => question.key === null);
  const choices = free.length > 0 ? free : exam.questions;
  const [questionId, setQuestionId] = useState(choices[0]?.question_id ?? "");
  const matrix = useQuery({
    queryKey: ["matrix", exam.exam_id, questionId, stamp],
    queryFn: ({ signal }) => showMatrix(exam.exam_id, questionId, signal),
    enabled: questionId !== "",
    placeholderData: (before) => before,
  });
  if (questionId === "") return null;
  const points = (value: number) => format.number(value, digitsOf(value));
  const total = matrix.data?.counts.flat().reduce((sum, count) => sum + count, 0) ?? 0;
  const most = Math.max(1, ...(matrix.data?.counts.flat() ?? []));
  return (
    <Panel title={t("quality.matrix")} hint={t("quality.pairs", { count: total })}>
      <div className={css.stack}>
        <NativeSelect
          aria-label={t("quality.question")}
          value={questionId}
          onChange={(event) => setQuestionId(event.currentTarget.value)}
          data={choices.map((question) => ({
            value: question.question_id,
            label: `${question.question_id} · ${question.text.slice(0, 60)}`,
          }))}
        />
        {matrix.isPending && <Loading lines={2} />}
        {matrix.isError && <Failure error={matrix.error} onRetry={() => void matrix.refetch()} />}
        {matrix.data !== undefined && total === 0 && <p className={css.meta}>{t("quality.no_pairs")}</p>}
        {matrix.data !== undefined && total > 0 && (
          <div className={css.scroll} tabIndex={0} role="group" aria-label={t("quality.matrix")}>
            <table className={`${css.table} ${css.matrix}`}>
              <caption className={css.meta}>{t("quality.matrix_text")}</caption>
              <thead>
                <tr>
                  <th scope="col">{t("quality.person_ai")}</th>
                  {matrix.data.points.map((value) => (
                    <th key={value} scope="col" data-number>
                      {points(value)}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {matrix.data.counts.map((row, at) => (
                  <tr key={at}>
                    <th scope="row">{points(matrix.data.points[at] ?? 0)}</th>
                    {row.map((count, column) => (
                      <td
                        key={column}
                        data-diagonal={column === at}
                        style={{
                          background:
                            count === 0
                              ? undefined
                              : `color-mix(in srgb, var(--vv-accent-soft) ${Math.round(30 + (70 * count) / most)}%, var(--vv-surface))`,
                        }}
                      >
                        {count}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </Panel>
  );
}
