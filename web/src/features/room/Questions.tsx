import { Button, Textarea } from "@mantine/core";
import { type FormEvent, useId } from "react";
import type { RoomQuestion } from "@/api/rooms";
import { useRoom, useRoomConnection } from "@/connection/room";
import type { Language } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { isString, useDraft } from "@/ui/drafts";
import { CheckIcon } from "@/ui/icons";
import { clockText, LOCALES, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useAsk } from "./useAsk";

const LIMIT = 4_000;

function Guide({ question }: { question: RoomQuestion }) {
  const t = useText();
  const { rubric } = question;
  if (rubric === null || (rubric.criteria.length === 0 && rubric.expected_points.length === 0)) return null;
  return (
    <details className={css.guide}>
      <summary>{t("room.guide")}</summary>
      {rubric.expected_points.length > 0 && (
        <ul>
          {rubric.expected_points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      )}
      {rubric.criteria.length > 0 && (
        <dl>
          {rubric.criteria.map((criterion) => (
            <div key={criterion.name}>
              <dt>{criterion.name}</dt>
              {criterion.description !== "" && <dd>{criterion.description}</dd>}
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}

/** What can be asked: the questions that were prepared, in their order, and any other. */
export function Questions({ questions, language, mayAsk }: { questions: readonly RoomQuestion[]; language: Language; mayAsk: boolean }) {
  const t = useText();
  const { interviewId } = useRoomConnection();
  const asked = new Set(useRoom((room) => room.asked).map((question) => question.question_id));
  const current = useRoom((room) => room.question?.question_id ?? null);
  const [draft, setDraft, forget] = useDraft(`room-question.${interviewId}`, "", isString);
  const ask = useAsk();
  const heading = useId();
  const next = questions.find((question) => !asked.has(question.question_id));

  const start = (question: { question_id: string; text: string }) =>
    ask.run("start_question", { question_id: question.question_id, question_text: question.text });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const text = draft.trim();
    if (text !== "" && (await start({ question_id: `free-${newId().slice(0, 8)}`, text }))) forget();
  };

  return (
    <div className={css.questions}>
      {questions.length > 0 && (
        <ol className={css.prepared}>
          {questions.map((question, index) => {
            const isAsked = asked.has(question.question_id);
            const isCurrent = question.question_id === current;
            const isNext = question === next;
            return (
              <li key={question.question_id} data-current={isCurrent} data-asked={isAsked && !isCurrent}>
                <span className={css.number} aria-hidden="true">
                  {isAsked && !isCurrent ? <CheckIcon size={16} /> : index + 1}
                </span>
                <div>
                  <p lang={LOCALES[language]}>{question.text}</p>
                  <p className={css.questionFacts}>
                    {[
                      isCurrent ? t("room.question_open") : isAsked ? t("room.question_asked") : "",
                      question.time_limit_s === null ? "" : t("room.limit", { time: clockText(question.time_limit_s) }),
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </p>
                  <Guide question={question} />
                </div>
                {mayAsk && !isCurrent && (
                  <Button
                    size="compact-sm"
                    variant={isNext ? "filled" : "default"}
                    disabled={ask.busy !== null}
                    aria-label={t(isAsked ? "room.ask_again_number" : "room.ask_number", { number: index + 1 })}
                    onClick={() => void start(question)}
                  >
                    {t(isAsked ? "room.ask_again" : "room.ask")}
                  </Button>
                )}
              </li>
            );
          })}
        </ol>
      )}
      {mayAsk && (
        <form className={css.free} onSubmit={(event) => void submit(event)} aria-labelledby={heading}>
          <h3 id={heading}>{t(questions.length > 0 ? "room.ask_else" : "room.ask_first")}</h3>
          <Textarea
            aria-labelledby={heading}
            placeholder={t("room.ask_example")}
            lang={LOCALES[language]}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={LIMIT}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            }}
          />
          <Button type="submit" size="sm" loading={ask.busy !== null} disabled={draft.trim() === ""}>
            {t("room.ask_this")}
          </Button>
        </form>
      )}
    </div>
  );
}
