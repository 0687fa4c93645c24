import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { credentialsOf } from "@/api/credentials";
import { type ExamLine, listExams } from "@/api/exams";
import { Failure } from "@/ui/Failure";
import { PlusIcon, SearchIcon } from "@/ui/icons";
import { Badge, Loading, Page, PageHead, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Exams.module.css";

const TYPING_PAUSE_MS = 300;

function Row({ exam }: { exam: ExamLine }) {
  const t = useText();
  const format = useFormat();
  const share = exam.responses === 0 ? 0 : exam.marked / exam.responses;
  return (
    <li className={css.row}>
      <div>
        <Link to="/exams/$id" params={{ id: exam.exam_id }} className={css.name}>
          {exam.title}
        </Link>
        <div className={css.meta}>
          {t("exams.questions_count", { count: exam.question_count })} ·{" "}
          {t("exams.submissions_count", { count: exam.submissions })}
        </div>
      </div>
      <div>
        <Badge tone={exam.released ? "done" : exam.waiting > 0 ? "warn" : "plain"}>
          {exam.released
            ? t("exams.released")
            : exam.waiting > 0
              ? t("exams.waiting", { count: exam.waiting })
              : t("exams.not_released")}
        </Badge>
      </div>
      <div className={css.meta}>
        {exam.responses === 0
          ? t("exams.created_on", { date: format.date(exam.created_at) })
          : t("exams.marked_share", { share: format.percent(share) })}
      </div>
    </li>
  );
}

export default function ListPage() {
  const t = useText();
  const [typed, setTyped] = useState("");
  const [q] = useDebouncedValue(typed.trim(), TYPING_PAUSE_MS);
  const exams = useInfiniteQuery({
    queryKey: ["exams", q],
    queryFn: ({ pageParam, signal }) => listExams(q, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const items = exams.data?.pages.flatMap((page) => page.items) ?? [];
  const role = credentialsOf("staff")?.user.role;
  const create =
    role === "teacher" || role === "admin" ? (
      <Button component={Link} to="/exams/new" leftSection={<PlusIcon />}>
        {t("exams.new")}
      </Button>
    ) : undefined;

  return (
    <Page>
      <PageHead title={t("exams.title")} text={t("exams.lead")} actions={create} />
      <div className={css.search} role="search">
        <TextInput
          aria-label={t("exams.search")}
          placeholder={t("exams.search")}
          type="search"
          leftSection={<SearchIcon />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      {exams.isPending && <Loading />}
      {exams.isError && items.length === 0 && <Failure error={exams.error} onRetry={() => void exams.refetch()} />}
      {exams.isSuccess && items.length === 0 && (
        <State title={q === "" ? t("exams.empty") : t("exams.none_found")} actions={q === "" ? create : undefined}>
          {q === "" ? t("exams.empty_text") : t("exams.none_found_text")}
        </State>
      )}
      {items.length > 0 && (
        <ul className={css.list} aria-label={t("exams.title")}>
          {items.map((exam) => (
            <Row key={exam.exam_id} exam={exam} />
          ))}
        </ul>
      )}
      {exams.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={exams.isFetchingNextPage} onClick={() => void exams.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </Page>
  );
}
