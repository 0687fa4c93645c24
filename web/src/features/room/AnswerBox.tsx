import { Button, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useRoom, useRoomConnection, useRoomQueue } from "@/connection/room";
import type { Language } from "@/protocol/messages";
import { type Question, questionAge } from "@/protocol/roomState";
import { isString, useDraft } from "@/ui/drafts";
import { SendIcon } from "@/ui/icons";
import { Notice } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Room.module.css";

const LIMIT = 10_000;

function useOwnAnswer(question: Question) {
  const { userId } = useRoomConnection();
  const kept = useRoom((room) => room.answers).findLast(
    (answer) => answer.question_id === question.question_id && answer.user_id === userId,
  );
  const waiting = useRoomQueue().findLast(
    (command) => command.name === "submit_answer" && command.payload["question_id"] === question.question_id,
  );
  return { kept, waiting };
}

/** Where the candidate answers the open question: in writing, with a draft that survives a reload, or aloud. */
export function AnswerBox({ question, language }: { question: Question; language: Language }) {
  const t = useText();
  const format = useFormat();
  const { interviewId, connection, keep } = useRoomConnection();
  const clock = useRoom((room) => room.clock);
  const paused = useRoom((room) => room.status === "paused");
  const [draft, setDraft, forget] = useDraft(`room-answer.${interviewId}.${question.question_id}`, "", isString);
  const { kept, waiting } = useOwnAnswer(question);
  const [again, setAgain] = useState(false);
  const length = Array.from(draft).length;
  const tooLong = length > LIMIT;
  const sent = (kept !== undefined || waiting !== undefined) && !again;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = draft.trim();
    if (text === "" || tooLong || paused) return;
    const response = Math.round(questionAge(question, clock, Date.now()) * 10) / 10;
    keep("submit_answer", { question_id: question.question_id, answer_text: text, response_time: response });
    setAgain(false);
    forget();
  };

  if (sent) {
    const text = waiting === undefined ? (kept?.text ?? "") : String(waiting.payload["answer_text"]);
    return (
      <div className={css.sent}>
        <Notice tone={waiting === undefined ? "accent" : "plain"} role="status">
          {waiting !== undefined
            ? t(connection.name === "connected" ? "room.sending" : "room.kept_here")
            : t("room.answer_arrived", { time: clockText(kept?.response_s ?? 0) })}
        </Notice>
        {text !== "" && <blockquote lang={LOCALES[language]}>{text}</blockquote>}
        <Button
          variant="default"
          size="sm"
          disabled={paused}
          onClick={() => {
            if (draft === "") setDraft(text);
            setAgain(true);
          }}
        >
          {t("room.answer_again")}
        </Button>
      </div>
    );
  }
  return (
    <div className={css.answering}>
      <form onSubmit={submit}>
        <Textarea
          label={t("room.your_answer")}
          description={t("room.your_answer_hint")}
          lang={LOCALES[language]}
          autosize
          minRows={5}
          maxRows={16}
          value={draft}
          disabled={paused}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
          error={tooLong ? t("conversation.too_long", { length: format.number(length), limit: format.number(LIMIT) }) : undefined}
        />
        <div className={css.answerTools}>
          <Button type="submit" disabled={draft.trim() === "" || tooLong || paused} rightSection={<SendIcon size={18} />}>
            {t("room.answer_send")}
          </Button>
          {again && (
            <Button variant="subtle" color="gray" onClick={() => setAgain(false)}>
              {t("action.cancel")}
            </Button>
          )}
        </div>
      </form>
    </div>
  );
}
