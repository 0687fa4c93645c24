import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { listRubrics } from "@/api/panels";
import { Failure } from "@/ui/Failure";
import { PlusIcon } from "@/ui/icons";
import { Badge, Loading, Page, PageHead } from "@/ui/primitives";
import { useFormat, useLanguage, useText } from "@/ui/text";
import { BackToInterviews } from "./Back";
import css from "./Panel.module.css";
import { textIn } from "./rubricText";

/** What candidates are judged by: the built-in rubric and one's own. */
export default function RubricsPage() {
  const t = useText();
  const format = useFormat();
  const language = useLanguage();
  const rubrics = useInfiniteQuery({
    queryKey: ["rubrics", "pages"],
    queryFn: ({ pageParam, signal }) => listRubrics(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const seen = new Map((rubrics.data?.pages ?? []).flatMap((page) => page.items).map((rubric) => [rubric.rubric_id, rubric]));
  return (
    <Page narrow>
      <PageHead
        title={t("rubrics.title")}
        text={t("rubrics.lead")}
        back={<BackToInterviews />}
        actions={
          <Button component={Link} to="/rubrics/new" leftSection={<PlusIcon />}>
            {t("rubrics.new")}
          </Button>
        }
      />
      {rubrics.isPending && <Loading />}
      {rubrics.isError && <Failure error={rubrics.error} onRetry={() => void rubrics.refetch()} />}
      {seen.size > 0 && (
        <ul className={css.rubrics} aria-label={t("rubrics.title")}>
          {[...seen.values()].map((rubric) => (
            <li key={rubric.rubric_id}>
              <div>
                <Link to="/rubrics/$id" params={{ id: rubric.rubric_id }}>
                  {rubric.built_in ? t("rubrics.built_in_title") : rubric.title}
                </Link>
                <small>{rubric.criteria.map(({ name }) => textIn(name, language)).join(" · ")}</small>
              </div>
              {rubric.built_in ? (
                <Badge>{t("rubrics.built_in")}</Badge>
              ) : (
                <span className={css.none}>
                  {t("rubrics.version", { version: rubric.version, date: format.date(rubric.updated_at) })}
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {rubrics.hasNextPage && (
        <Button variant="default" loading={rubrics.isFetchingNextPage} onClick={() => void rubrics.fetchNextPage()}>
          {t("interviews.more")}
        </Button>
      )}
    </Page>
  );
}
