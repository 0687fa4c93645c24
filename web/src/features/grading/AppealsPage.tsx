import { Button, Textarea } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { type Exam, examKey, showExam } from "@/api/exams";
import { answerAppeal, type Appeal, listAppeals, listIssues, showAppeal } from "@/api/marking";
import { newId } from "@/protocol/ids";
import { isString, useDraft } from "@/ui/drafts";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { MarkedText } from "@/ui/MarkedText";
import { Badge, Loading, Notice, State, type Tone } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { Marks } from "./Marks";
import { PointsField } from "./PointsField";
import { digitsOf } from "@/ui/points";


const TONES: Record<Appeal["status"], Tone> = { open: "warn", upheld: "live", rejected: "done" };

function AnswerForm({ exam, appeal, onDone }: { exam: Exam; appeal: Appeal; onDone: () => void }) {
  const t = useText();
  const format = useFormat();
  const [answer, setAnswer, forget] = useDraft(`appeal.${appeal.appeal_id}`, "", isString);
  const [points, setPoints] = useState<number | null>(null);
  const idempotencyKey = useRef(newId());
  const full = useQuery({
    queryKey: ["appeal", appeal.appeal_id],
    queryFn: ({ signal }) => showAppeal(appeal.appeal_id, signal),
  });
  const send = useMutation({
    mutationFn: () => answerAppeal(appeal.appeal_id, answer.trim(), points, idempotencyKey.current),
    onSuccess: () => {
      forget();
      onDone();
    },
    onError: () => {
      idempotencyKey.current = newId();
    },
  });
  if (full.isPending) return <Loading lines={2} />;
  if (full.isError) return <Failure error={full.error} onRetry={() => void full.refetch()} />;
  const { given } = full.data;
  const question = exam.questions.find((item) => item.question_id === given?.question_id);
  return (
    <form
      className={css.stack}
      onSubmit={(event) => {
        event.preventDefault();
        if (answer.trim() !== "") send.mutate();
      }}
    >
      {given !== null && (
        <>
          <h3 lang={LOCALES[exam.language]}>{given.question_text}</h3>
          <div className={css.answer}>
            <MarkedText text={given.answer} spans={given.evidence} lang={LOCALES[exam.language]} />
          </div>
          <Marks marks={given.marks} maximum={given.max_points} />
        </>
      )}
      <Textarea
        label={t("appeal.answer")}
        required
        autosize
        minRows={3}
        maxLength={5000}
        value={answer}
        onChange={(event) => setAnswer(event.currentTarget.value)}
      />
      {question !== undefined && (
        <>
          <PointsField
            label={t("appeal.new_points", { maximum: format.number(question.points, digitsOf(question.points)) })}
            maximum={question.points}
            step={question.step}
            value={points}
            onChange={setPoints}
          />
          <p className={css.meta}>{points === null ? t("appeal.points_stay") : t("appeal.points_change")}</p>
        </>
      )}
      {send.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, send.error)}
        </Notice>
      )}
      <div className={css.buttons}>
        <Button type="submit" loading={send.isPending} disabled={answer.trim() === ""}>
          {points === null ? t("appeal.reject") : t("appeal.uphold")}
        </Button>
        {points !== null && (
          <Button variant="default" onClick={() => setPoints(null)}>
            {t("appeal.keep_points")}
          </Button>
        )}
      </div>
    </form>
  );
}

function AppealCard({ exam, appeal, onDone }: { exam: Exam; appeal: Appeal; onDone: () => void }) {
  const t = useText();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  return (
    <li className={css.appeal} data-appeal={appeal.status}>
      <div className={css.bar}>
        <span>
          <b>{appeal.student_id}</b> <span className={css.meta}>{format.dateTime(appeal.created_at)}</span>
        </span>
        <Badge tone={TONES[appeal.status]}>{t(`appeal_status.${appeal.status}`)}</Badge>
      </div>
      <p style={{ whiteSpace: "pre-wrap" }}>{appeal.text}</p>
      {appeal.status !== "open" && <Notice tone="accent">{appeal.answer}</Notice>}
      {appeal.status === "open" && !open && (
        <div>
          <Button size="sm" onClick={() => setOpen(true)}>
            {t("appeal.look")}
          </Button>
        </div>
      )}
      {appeal.status === "open" && open && <AnswerForm exam={exam} appeal={appeal} onDone={onDone} />}
    </li>
  );
}

function Issues({ examId }: { examId: string }) {
  const t = useText();
  const format = useFormat();
  const issues = useQuery({ queryKey: ["issues", examId], queryFn: ({ signal }) => listIssues(examId, null, signal) });
  if (issues.data === undefined || issues.data.items.length === 0) return null;
  return (
    <section className={css.stack} aria-labelledby="issues">
      <h2 id="issues">{t("issues.title")}</h2>
      <ul className={css.stack} style={{ listStyle: "none" }}>
        {issues.data.items.map((issue) => (
          <li key={issue.issue_id} className={css.appeal}>
            <span className={css.meta}>
              {issue.reported_by} · {format.dateTime(issue.created_at)}
            </span>
            <p style={{ whiteSpace: "pre-wrap" }}>{issue.text}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export default function AppealsPage() {
  const t = useText();
  const queries = useQueryClient();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const list = useInfiniteQuery({
    queryKey: ["appeals", id],
    queryFn: ({ pageParam, signal }) => listAppeals(id, null, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  if (exam === undefined) return null;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const done = () => {
    void queries.invalidateQueries({ queryKey: ["appeals", id] });
    void queries.invalidateQueries({ queryKey: examKey(id) });
  };
  return (
    <div className={css.stack}>
      <section className={css.stack} aria-labelledby="appeals">
        <h2 id="appeals">{t("exam.appeals")}</h2>
        {list.isPending && <Loading />}
        {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && <State title={t("appeals.empty")}>{t("appeals.empty_text")}</State>}
        <ul className={css.stack} style={{ listStyle: "none" }}>
          {items.map((appeal) => (
            <AppealCard key={appeal.appeal_id} exam={exam} appeal={appeal} onDone={done} />
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
      <Issues examId={id} />
    </div>
  );
}
