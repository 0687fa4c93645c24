import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { examKey, mayTeach, setReleased, showExam } from "@/api/exams";
import { downloadResults, listResults } from "@/api/marking";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { DownloadIcon } from "@/ui/icons";
import { Confirm, Loading, Notice, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Results.module.css";
import { digitsOf } from "@/ui/points";

function save(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by the time this runs.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** What all students came to, and the release. */
export default function ResultsPage() {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const [asked, setAsked] = useState(false);
  const list = useInfiniteQuery({
    queryKey: ["results", id],
    queryFn: ({ pageParam, signal }) => listResults(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const release = useMutation({
    mutationFn: (released: boolean) => setReleased(id, released),
    onSuccess: (changed) => {
      queries.setQueryData(examKey(id), changed);
      setAsked(false);
    },
  });
  const table = useMutation({
    mutationFn: () => downloadResults(id),
    onSuccess: (blob) => save(blob, `${exam?.title ?? id}.csv`),
  });
  if (exam === undefined) return null;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = exam.responses - exam.marked;
  const points = (value: number | null | undefined) =>
    value === null || value === undefined ? "–" : format.number(value, digitsOf(value));
  return (
    <section className={css.stack} aria-labelledby="results">
      <div className={css.bar}>
        <h2 id="results">{t("exam.results")}</h2>
        <div className={css.buttons}>
          {items.length > 0 && (
            <Button
              variant="default"
              leftSection={<DownloadIcon size={18} />}
              loading={table.isPending}
              onClick={() => table.mutate()}
            >
              {t("results.download")}
            </Button>
          )}
          {mayTeach(exam.my_role) && items.length > 0 && (
            <Button variant={exam.released ? "default" : "filled"} onClick={() => setAsked(true)}>
              {exam.released ? t("results.withhold") : t("results.release")}
            </Button>
          )}
        </div>
      </div>
      {table.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, table.error)}
        </Notice>
      )}
      <Notice tone={exam.released ? "accent" : open > 0 ? "warn" : "plain"} role="status">
        {exam.released
          ? t("results.is_released")
          : open > 0
            ? t("results.open", { count: open })
            : t("results.ready")}
      </Notice>
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <State title={t("results.empty")}>{t("results.empty_text")}</State>}
      {items.length > 0 && (
        <div className={css.scroll} tabIndex={0} role="group" aria-labelledby="results">
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t("submission.student")}</th>
                <th scope="col" data-number>
                  {t("submission.points")}
                </th>
                {exam.questions.map((question) => (
                  <th key={question.question_id} scope="col" data-number>
                    {question.question_id}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((row) => (
                <tr key={row.submission_id}>
                  <th scope="row">
                    <Link to="/exams/$id/submissions/$submission" params={{ id, submission: row.submission_id }}>
                      {row.student_name || row.student_id}
                    </Link>
                    <div className={css.meta}>{row.class_id}</div>
                  </th>
                  <td data-number>
                    <b>{points(row.points)}</b> / {points(row.max_points)}
                  </td>
                  {exam.questions.map((question) => (
                    <td key={question.question_id} data-number>
                      {points(row.by_question[question.question_id])}
                    </td>
                  ))}
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
      <Confirm
        opened={asked}
        title={exam.released ? t("results.withhold_title") : t("results.release_title")}
        confirm={exam.released ? t("results.withhold") : t("results.release")}
        busy={release.isPending}
        error={release.isError ? failureText(t, release.error) : undefined}
        onConfirm={() => release.mutate(!exam.released)}
        onClose={() => setAsked(false)}
      >
        {exam.released ? t("results.withhold_text") : t("results.release_text")}
        {!exam.released && open > 0 && <p>{t("results.open", { count: open })}</p>}
      </Confirm>
    </section>
  );
}
