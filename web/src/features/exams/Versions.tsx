import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { listVersions } from "@/api/exams";
import { Failure } from "@/ui/Failure";
import { Loading } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Exams.module.css";

function List({ examId }: { examId: string }) {
  const t = useText();
  const format = useFormat();
  const versions = useInfiniteQuery({
    queryKey: ["versions", examId],
    queryFn: ({ pageParam, signal }) => listVersions(examId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  if (versions.isPending) return <Loading lines={2} />;
  if (versions.isError) return <Failure error={versions.error} onRetry={() => void versions.refetch()} />;
  const items = versions.data.pages.flatMap((page) => page.items);
  return (
    <>
      <div className={css.scroll} tabIndex={0} role="group" aria-label={t("versions.title")}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t("versions.when")}</th>
              <th scope="col">{t("versions.what")}</th>
              <th scope="col">{t("versions.text")}</th>
              <th scope="col">{t("versions.by")}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.seq}>
                <td>{format.dateTime(item.at)}</td>
                <td>
                  {t(`version_change.${item.change}`)}
                  {item.question_id !== "" && ` · ${item.question_id}`}
                  {item.question !== null && ` · ${t("question.version", { version: item.question.version })}`}
                  {item.regrades && <div className={css.meta}>{t("versions.regrades")}</div>}
                </td>
                <td>
                  <div className={css.cell}>{item.question?.text ?? ""}</div>
                </td>
                <td>{item.by}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {versions.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </>
  );
}

/** What was changed in an exam, asked for only by who wants to know. */
export function Versions({ examId }: { examId: string }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("versions.title")}</summary>
      <div style={{ marginTop: "0.75rem" }}>{open && <List examId={examId} />}</div>
    </details>
  );
}
