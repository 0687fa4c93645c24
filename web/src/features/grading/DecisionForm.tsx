import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { decideGrade } from "@/api/marking";
import { newId } from "@/protocol/ids";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Actions, Notice } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { isDraftMark, NO_MARK } from "./draftMark";
import css from "./Grading.module.css";
import { PointsField } from "./PointsField";
import { digitsOf } from "@/ui/points";


export interface DecisionFormProps {
  examId: string;
  responseId: string;
  how: "moderate" | "override";
  maximum: number;
  step: number;
  onDone: () => void;
}

/** Points that decide, with the reason that goes on record. */
export function DecisionForm({ examId, responseId, how, maximum, step, onDone }: DecisionFormProps) {
  const t = useText();
  const format = useFormat();
  const [draft, setDraft, forget] = useDraft(`${how}.${responseId}`, NO_MARK, isDraftMark);
  const [tried, setTried] = useState(false);
  const idempotencyKey = useRef(newId());
  const missing = draft.points === null || draft.reason.trim() === "";
  const decide = useMutation({
    mutationFn: (points: number) =>
      decideGrade(
        examId,
        responseId,
        how,
        { points, comment: draft.comment.trim(), reason: draft.reason.trim() },
        idempotencyKey.current,
      ),
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
    setTried(true);
    if (draft.points !== null && !missing) decide.mutate(draft.points);
  };
  return (
    <form className={css.stack} onSubmit={submit} noValidate data-decision={responseId}>
      <PointsField
        label={t("marking.points", { maximum: format.number(maximum, digitsOf(maximum)) })}
        maximum={maximum}
        step={step}
        value={draft.points}
        onChange={(points) => setDraft((before) => ({ ...before, points }))}
      />
      <Textarea
        label={t("decision.reason")}
        required
        autosize
        minRows={2}
        maxLength={2000}
        value={draft.reason}
        onChange={(event) => {
          const reason = event.currentTarget.value;
          setDraft((before) => ({ ...before, reason }));
        }}
      />
      <Textarea
        label={t("marking.comment")}
        autosize
        minRows={1}
        maxLength={4000}
        value={draft.comment}
        onChange={(event) => {
          const comment = event.currentTarget.value;
          setDraft((before) => ({ ...before, comment }));
        }}
      />
      {tried && missing && (
        <Notice tone="warn" role="alert">
          {t("decision.missing")}
        </Notice>
      )}
      {decide.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, decide.error)}
        </Notice>
      )}
      <Actions>
        <Button type="submit" loading={decide.isPending}>
          {how === "moderate" ? t("moderation.decide") : t("decision.override")}
        </Button>
      </Actions>
    </form>
  );
}
