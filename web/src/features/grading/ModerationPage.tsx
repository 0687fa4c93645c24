import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type Exam, examKey, showExam, type StaffResponse } from "@/api/exams";
import { listDisagreements } from "@/api/marking";
import { BackLink } from "@/ui/BackLink";
import { Failure } from "@/ui/Failure";
import { MarkedText } from "@/ui/MarkedText";
import { Loading, State } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import { DecisionForm } from "./DecisionForm";
import css from "./Grading.module.css";
import { Marks } from "./Marks";

function Disagreement({ exam, response, onDone }: { exam: Exam; response: StaffResponse; onDone: () => void }) {
  const t = useText();
  const question = exam.questions.find((item) => item.question_id === response.question_id);
  const lang = LOCALES[exam.language];
  const evidence = response.marks.find((mark) => mark.kind === "ai")?.evidence ?? [];
  return (
    <li className={css.appeal} data-disagreement={response.response_id}>
      <h3 lang={lang}>{response.question_text}</h3>
      <div className={css.answer}>
        {response.answer === "" ? (
          <p className={css.meta}>{t("marking.blank")}</p>
        ) : (
          <MarkedText text={response.answer} spans={evidence} lang={lang} />
        )}
      </div>
      <Marks marks={response.marks} maximum={response.max_points} />
      {question !== undefined && (
        <DecisionForm
          examId={exam.exam_id}
          responseId={response.response_id}
          how="moderate"
          maximum={question.points}
          step={question.step}
          onDone={onDone}
        />
      )}
    </li>
  );
}

export default function ModerationPage() {
  const t = useText();
  const queries = useQueryClient();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const list = useInfiniteQuery({
    queryKey: ["disagreements", id],
    queryFn: ({ pageParam, signal }) => listDisagreements(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  if (exam === undefined) return null;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const done = () => {
    void queries.invalidateQueries({ queryKey: ["disagreements", id] });
    void queries.invalidateQueries({ queryKey: examKey(id) });
  };
  return (
    <section className={css.stack} aria-labelledby="moderation">
      <span className={css.meta}>
        <BackLink to="/exams/$id/marking" params={{ id }}>
          {t("exam.marking")}
        </BackLink>
      </span>
      <h2 id="moderation">{t("moderation.title")}</h2>
      <p>{t("moderation.text")}</p>
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <State title={t("moderation.empty")}>{t("moderation.empty_text")}</State>}
      <ul className={css.stack} style={{ listStyle: "none" }}>
        {items.map((response) => (
          <Disagreement key={response.response_id} exam={exam} response={response} onDone={done} />
        ))}
      </ul>
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
