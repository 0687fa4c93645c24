import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listMyResults } from "@/api/marking";
import { Failure } from "@/ui/Failure";
import { Loading, Page, PageHead, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { digitsOf } from "@/ui/points";
import css from "./Results.module.css";

/** A student's results, as far as they are released. */
export default function MyResultsPage() {
  const t = useText();
  const format = useFormat();
  const list = useInfiniteQuery({
    queryKey: ["my-results"],
    queryFn: ({ pageParam, signal }) => listMyResults(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const points = (value: number) => format.number(value, digitsOf(value));
  return (
    <Page narrow>
      <PageHead title={t("my_results.title")} text={t("my_results.lead")} />
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <State title={t("my_results.empty")}>{t("my_results.empty_text")}</State>}
      {items.length > 0 && (
        <ul className={css.list} aria-label={t("my_results.title")}>
          {items.map((item) => (
            <li key={item.submission_id} className={css.row}>
              <div>
                <Link to="/results/$id" params={{ id: item.exam_id }} className={css.name}>
                  {item.exam_title}
                </Link>
                <div className={css.meta}>{format.date(item.created_at)}</div>
              </div>
              <b className={css.total}>
                {points(item.points)} / {points(item.max_points)}
              </b>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}
