import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { examKey, listSubmissions, mayTeach, showExam } from "@/api/exams";
import { Failure } from "@/ui/Failure";
import { PlusIcon } from "@/ui/icons";
import { digitsOf } from "@/ui/points";
import { Loading, Notice, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Exams.module.css";
import { ImportPanel } from "./ImportPanel";

export default function SubmissionsPage() {
  const t = useText();
  const format = useFormat();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const [importing, setImporting] = useState(false);
  const [stored, setStored] = useState<number | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["submissions", id],
    queryFn: ({ pageParam, signal }) => listSubmissions(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  if (exam === undefined) return null;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const mayImport = mayTeach(exam.my_role) && exam.questions.length > 0;
  const begin = (
    <Button leftSection={<PlusIcon />} onClick={() => setImporting(true)}>
      {t("import.title")}
    </Button>
  );
  return (
    <section className={css.stack} aria-labelledby="submissions">
      <div className={css.bar}>
        <h2 id="submissions">{t("exam.submissions")}</h2>
        <div className={css.buttons}>
          {exam.questions.length > 0 && (
            <Button variant="default" renderRoot={(props) => <Link to="/exams/$id/scans" params={{ id }} {...props} />}>
              {t("scans.title")}
            </Button>
          )}
          {mayImport && !importing && items.length > 0 && begin}
        </div>
      </div>
      <div role="status">
        {stored !== null && <Notice tone="accent">{t("import.stored", { count: stored })}</Notice>}
      </div>
      {importing && (
        <ImportPanel
          exam={exam}
          onDone={(count) => {
            setStored(count);
            setImporting(false);
          }}
        />
      )}
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && !importing && (
        <State title={t("submissions.empty")} actions={mayImport ? begin : undefined}>
          {exam.questions.length === 0 ? t("submissions.no_questions") : t("submissions.empty_text")}
        </State>
      )}
      {items.length > 0 && (
        <div className={css.scroll} tabIndex={0} role="group" aria-labelledby="submissions">
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t("submission.student")}</th>
                <th scope="col">{t("submission.class")}</th>
                <th scope="col">{t("submission.received")}</th>
                <th scope="col" data-number>
                  {t("submission.quality")}
                </th>
                <th scope="col" data-number>
                  {t("submission.marked")}
                </th>
                <th scope="col" data-number>
                  {t("submission.points")}
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.submission_id}>
                  <td>
                    <Link to="/exams/$id/submissions/$submission" params={{ id, submission: item.submission_id }}>
                      {item.student_name || item.student_id}
                    </Link>
                    {item.student_name !== "" && <div className={css.meta}>{item.student_id}</div>}
                  </td>
                  <td>{item.class_id || "–"}</td>
                  <td>{format.dateTime(item.created_at)}</td>
                  <td data-number>{item.overall_quality === null ? "–" : format.percent(item.overall_quality)}</td>
                  <td data-number>
                    {item.marked} / {item.responses}
                  </td>
                  <td data-number>
                    {format.number(item.points, digitsOf(item.points))} / {format.number(exam.max_points, digitsOf(exam.max_points))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </section>
  );
}
