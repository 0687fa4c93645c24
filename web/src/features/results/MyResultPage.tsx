import { Button, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import type { ResultResponse } from "@/api/exams";
import { type Appeal, listMyAppeals, openAppeal, showMyResult } from "@/api/marking";
import { newId } from "@/protocol/ids";
import { BackLink } from "@/ui/BackLink";
import { isString, useDraft } from "@/ui/drafts";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { MarkedText } from "@/ui/MarkedText";
import { Actions, Badge, Loading, Notice, Page, PageHead } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { digitsOf } from "@/ui/points";
import css from "./Results.module.css";

interface AppealFormProps {
  examId: string;
  response: ResultResponse;
  onDone: () => void;
  onCancel: () => void;
}

function AppealForm({ examId, response, onDone, onCancel }: AppealFormProps) {
  const t = useText();
  const [text, setText, forget] = useDraft(`appeal.${response.response_id}`, "", isString);
  const idempotencyKey = useRef(newId());
  const send = useMutation({
    mutationFn: () => openAppeal(examId, response.response_id, text.trim(), idempotencyKey.current),
    onSuccess: () => {
      forget();
      onDone();
    },
    onError: () => {
      idempotencyKey.current = newId();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") send.mutate();
  };
  return (
    <form className={css.stack} onSubmit={submit} data-appeal>
      <Textarea
        label={t("my_results.why")}
        description={t("my_results.why_hint")}
        autosize
        minRows={3}
        maxLength={5000}
        autoFocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {send.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, send.error)}
        </Notice>
      )}
      <Actions>
        <Button variant="default" onClick={onCancel}>
          {t("action.cancel")}
        </Button>
        <Button type="submit" disabled={text.trim() === ""} loading={send.isPending}>
          {t("my_results.appeal_send")}
        </Button>
      </Actions>
    </form>
  );
}

interface ResponseCardProps {
  examId: string;
  number: number;
  response: ResultResponse;
  appeals: readonly Appeal[];
  onAppealed: () => void;
}

function ResponseCard({ examId, number, response, appeals, onAppealed }: ResponseCardProps) {
  const t = useText();
  const format = useFormat();
  const [writing, setWriting] = useState(false);
  const points = (value: number | null) => (value === null ? "–" : format.number(value, digitsOf(value)));
  const waiting = appeals.some((appeal) => appeal.status === "open");
  return (
    <li className={css.card} data-response={response.response_id}>
      <div className={css.bar}>
        <h2>{t("my_results.question", { number })}</h2>
        <b className={css.total}>
          {points(response.points)} / {points(response.max_points)}
        </b>
      </div>
      <p style={{ whiteSpace: "pre-wrap" }}>{response.question_text}</p>
      <div className={css.answer}>
        {response.answer.trim() === "" ? (
          <p className={css.meta}>{t("marking.blank")}</p>
        ) : (
          <MarkedText text={response.answer} spans={response.evidence} />
        )}
      </div>
      {response.evidence.length > 0 && <p className={css.meta}>{t("my_results.evidence")}</p>}
      {response.points === null && <Notice>{t("my_results.not_marked")}</Notice>}
      {response.comment !== "" && (
        <p>
          <b>{t("my_results.comment")}</b> {response.comment}
        </p>
      )}
      {response.feedback !== "" && (
        <p>
          <b>{t("my_results.feedback")}</b> {response.feedback}
        </p>
      )}
      {appeals.map((appeal) => (
        <div key={appeal.appeal_id} className={css.appeal}>
          <div className={css.bar}>
            <span className={css.meta}>{t("my_results.appealed_on", { date: format.dateTime(appeal.created_at) })}</span>
            <Badge tone={appeal.status === "open" ? "warn" : appeal.status === "upheld" ? "live" : "done"}>
              {t(`appeal_status.${appeal.status}`)}
            </Badge>
          </div>
          <p style={{ whiteSpace: "pre-wrap" }}>{appeal.text}</p>
          {appeal.answer !== "" && <Notice tone="accent">{appeal.answer}</Notice>}
        </div>
      ))}
      {writing ? (
        <AppealForm
          examId={examId}
          response={response}
          onDone={() => {
            setWriting(false);
            onAppealed();
          }}
          onCancel={() => setWriting(false)}
        />
      ) : (
        !waiting &&
        response.points !== null && (
          <div>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => setWriting(true)}
              aria-label={t("my_results.appeal_named", { number })}
            >
              {t("my_results.appeal")}
            </Button>
          </div>
        )
      )}
    </li>
  );
}

/** A student's own result: each answer with its points, the words that carry them, and what was said about it. */
export default function MyResultPage() {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { id } = useParams({ from: "/staff/results/$id" });
  const result = useQuery({ queryKey: ["my-result", id], queryFn: ({ signal }) => showMyResult(id, signal) });
  const appeals = useQuery({ queryKey: ["my-appeals", id], queryFn: ({ signal }) => listMyAppeals(id, signal) });
  if (result.isPending) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (result.isError) {
    return (
      <Page narrow>
        <Failure error={result.error} onRetry={() => void result.refetch()} heading="h1" />
      </Page>
    );
  }
  const { data } = result;
  const points = (value: number) => format.number(value, digitsOf(value));
  return (
    <Page narrow>
      <PageHead
        title={data.exam_title}
        text={data.student_name}
        back={<BackLink to="/results">{t("my_results.title")}</BackLink>}
      />
      <p className={css.sum}>
        <span>{points(data.points)}</span> / {points(data.max_points)} {t("my_results.points")}
      </p>
      <ol className={css.cards}>
        {data.responses.map((response, index) => (
          <ResponseCard
            key={response.response_id}
            examId={id}
            number={index + 1}
            response={response}
            appeals={appeals.data?.items.filter((appeal) => appeal.response_id === response.response_id) ?? []}
            onAppealed={() => void queries.invalidateQueries({ queryKey: ["my-appeals", id] })}
          />
        ))}
      </ol>
    </Page>
  );
}
