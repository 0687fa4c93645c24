import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef } from "react";
import { confirmTranscript, showTranscript } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { SpokenInput, Transcript } from "@/api/types";
import { useClip } from "@/audio/useClip";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Actions, Loading, Notice, Page, useTitle } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import { Misheard } from "./Misheard";
import css from "./Voice.module.css";

interface ReviewProps {
  transcript: Transcript;
  place: Place;
  onFlagged: (utteranceId: string, flag: SpokenInput["flag"]) => void;
  onConfirmed: (transcript: Transcript) => void;
}

/** The last look at what was heard, before anything is scored. */
function Review({ transcript, place, onFlagged, onConfirmed }: ReviewProps) {
  const t = useText();
  const format = useFormat();
  useTitle(t("confirm.title"));
  const clips = useClip();
  const box = useRef<HTMLHeadingElement>(null);
  useEffect(() => box.current?.focus(), []);
  const { session_id: id, language, confirmation, spoken } = transcript;
  const confirm = useMutation({ mutationFn: () => confirmTranscript(place, id), onSuccess: onConfirmed });
  return (
    <Page narrow>
      <h1 ref={box} tabIndex={-1} style={{ outline: "none" }}>
        {t("confirm.title")}
      </h1>
      <p style={{ margin: "0.75rem 0 1.75rem" }}>
        {t("confirm.text")} {confirmation.confirm_by !== null && t("confirm.until", { time: format.time(confirmation.confirm_by) })}
      </p>
      <ol className={css.heard}>
        {spoken.map((words) => (
          <li key={words.utterance_id}>
            {words.in_answer_to !== "" && (
              <p className={css.question} lang={LOCALES[language]}>
                {words.in_answer_to}
              </p>
            )}
            <p lang={LOCALES[language]}>{words.text}</p>
            <Misheard
              words={words}
              sessionId={id}
              place={place}
              language={language}
              clips={clips}
              onFlagged={onFlagged}
            />
          </li>
        ))}
      </ol>
      {confirm.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, confirm.error)}
        </Notice>
      )}
      <Actions>
        <Button size="lg" loading={confirm.isPending} data-voice="confirm" onClick={() => confirm.mutate()}>
          {t("confirm.confirm")}
        </Button>
      </Actions>
    </Page>
  );
}

export interface ConfirmationProps {
  sessionId: string;
  place: Place;
  /** What is shown once there is nothing (more) to confirm. */
  children: ReactNode;
}

/** Where something was spoken and its transcript waits to be confirmed: that first. */
export function Confirmation({ sessionId, place, children }: ConfirmationProps) {
  const queries = useQueryClient();
  const queryKey = ["transcript", sessionId];
  const transcript = useQuery({
    queryKey,
    queryFn: ({ signal }) => showTranscript(place, sessionId, signal),
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  if (transcript.isPending) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (transcript.isError) {
    return (
      <Page narrow>
        <Failure error={transcript.error} onRetry={() => void transcript.refetch()} heading="h1" />
      </Page>
    );
  }
  if (transcript.data.confirmation.status !== "awaiting") return children;
  const keep = (next: Transcript) => queries.setQueryData(queryKey, next);
  const flagged: ReviewProps["onFlagged"] = (utteranceId, flag) =>
    queries.setQueryData<Transcript>(queryKey, (before) =>
      before === undefined
        ? before
        : {
            ...before,
            spoken: before.spoken.map((words) => (words.utterance_id === utteranceId ? { ...words, flag } : words)),
          },
    );
  return <Review transcript={transcript.data} place={place} onFlagged={flagged} onConfirmed={keep} />;
}
