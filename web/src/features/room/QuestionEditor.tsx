import { ActionIcon, Button, NativeSelect, Textarea, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { newId } from "@/protocol/ids";
import { DownIcon, PlusIcon, RemoveIcon, UpIcon } from "@/ui/icons";
import { clockText, LOCALES, useText } from "@/ui/text";
import type { Language } from "@/protocol/messages";
import css from "./NewRoom.module.css";
import { emptyQuestion, LIMITS_S, MOST_QUESTIONS, moved, type QuestionForm } from "./roomForm";

const TEXT_LIMIT = 4_000;

interface EditorProps {
  questions: readonly QuestionForm[];
  language: Language;
  onChange: (questions: QuestionForm[]) => void;
}

/** What is going to be asked, in order, with the time for each and what a good answer has. */
export function QuestionEditor({ questions, language, onChange }: EditorProps) {
  const t = useText();
  const [spoken, setSpoken] = useState("");
  const focus = useRef<string | null>(null);
  const list = useRef<HTMLOListElement>(null);

  useEffect(() => {
    if (focus.current === null) return;
    list.current?.querySelector<HTMLElement>(focus.current)?.focus();
    focus.current = null;
  });

  const change = (key: string, part: Partial<QuestionForm>) =>
    onChange(questions.map((question) => (question.key === key ? { ...question, ...part } : question)));
  const move = (index: number, by: 1 | -1) => {
    const key = questions[index]?.key ?? "";
    const edge = index + by === (by < 0 ? 0 : questions.length - 1);
    // At the end of its way the button that was pressed is gone: the other one takes the focus.
    focus.current = `[data-key="${key}"] [data-move="${edge ? -by : by}"]`;
    setSpoken(t("new_room.moved", { number: index + 1 + by }));
    onChange(moved(questions, index, by));
  };
  const remove = (index: number) => {
    const next = questions[index + 1] ?? questions[index - 1];
    if (next !== undefined) focus.current = `[data-key="${next.key}"] textarea`;
    setSpoken(t("new_room.removed", { number: index + 1 }));
    onChange(questions.filter((_, other) => other !== index));
  };
  const add = () => {
    const question = emptyQuestion(newId());
    focus.current = `[data-key="${question.key}"] textarea`;
    onChange([...questions, question]);
  };

  return (
    <>
      <VisuallyHidden role="status">{spoken}</VisuallyHidden>
      <ol className={css.questions} ref={list}>
        {questions.map((question, index) => {
          const number = index + 1;
          return (
            <li key={question.key} data-key={question.key}>
              <div className={css.questionHead}>
                <b>{t("room.question_number", { number })}</b>
                <span>
                  <ActionIcon data-move="-1" disabled={index === 0} aria-label={t("new_room.move_up", { number })} onClick={() => move(index, -1)}>
                    <UpIcon size={18} />
                  </ActionIcon>
                  <ActionIcon data-move="1" disabled={index === questions.length - 1} aria-label={t("new_room.move_down", { number })} onClick={() => move(index, 1)}>
                    <DownIcon size={18} />
                  </ActionIcon>
                  <ActionIcon aria-label={t("new_room.remove", { number })} onClick={() => remove(index)}>
                    <RemoveIcon size={18} />
                  </ActionIcon>
                </span>
              </div>
              <div className={css.questionMain}>
                <Textarea
                  label={t("new_room.text")}
                  placeholder={index === 0 ? t("new_room.text_example") : undefined}
                  lang={LOCALES[language]}
                  autosize
                  minRows={2}
                  maxRows={8}
                  maxLength={TEXT_LIMIT}
                  value={question.text}
                  onChange={(event) => change(question.key, { text: event.currentTarget.value })}
                />
                <NativeSelect
                  label={t("new_room.limit")}
                  value={String(question.limit_s)}
                  onChange={(event) => change(question.key, { limit_s: Number(event.currentTarget.value) })}
                  data={[...new Set([...LIMITS_S, question.limit_s])].sort((a, b) => a - b).map((seconds) => ({
                    value: String(seconds),
                    label: seconds === 0 ? t("new_room.no_limit") : clockText(seconds),
                  }))}
                />
              </div>
              <details className={css.rubric}>
                <summary>{t("new_room.rubric")}</summary>
                <div>
                  <Textarea
                    label={t("new_room.points")}
                    description={t("new_room.points_hint")}
                    lang={LOCALES[language]}
                    autosize
                    minRows={2}
                    maxRows={10}
                    value={question.points}
                    onChange={(event) => change(question.key, { points: event.currentTarget.value })}
                  />
                  <Textarea
                    label={t("new_room.criteria")}
                    description={t("new_room.criteria_hint")}
                    lang={LOCALES[language]}
                    autosize
                    minRows={2}
                    maxRows={10}
                    value={question.criteria}
                    onChange={(event) => change(question.key, { criteria: event.currentTarget.value })}
                  />
                </div>
              </details>
            </li>
          );
        })}
      </ol>
      <Button variant="default" leftSection={<PlusIcon />} disabled={questions.length >= MOST_QUESTIONS} onClick={add}>
        {t("new_room.add")}
      </Button>
    </>
  );
}
