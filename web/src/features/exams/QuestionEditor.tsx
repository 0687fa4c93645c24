import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Exam, examKey, type ExamQuestion, putQuestion, QUESTION_TYPES, type QuestionType } from "@/api/exams";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Actions, Notice } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import css from "./Exams.module.css";
import { KeyFields } from "./KeyFields";
import { EMPTY_QUESTION, fieldsOf, formOf, isQuestionForm, problemsOf, type QuestionProblem } from "./questionForm";

export interface QuestionEditorProps {
  exam: Exam;
  questionId: string;
  /** Null: a new one. */
  question: ExamQuestion | null;
  onDone: () => void;
}

/** Writes a question; what was written survives a reload until it is saved or thrown away. */
export function QuestionEditor({ exam, questionId, question, onDone }: QuestionEditorProps) {
  const t = useText();
  const queries = useQueryClient();
  const [form, setForm, forget] = useDraft(
    `question.${exam.exam_id}.${questionId}`,
    question === null ? EMPTY_QUESTION : formOf(question),
    isQuestionForm,
  );
  const [tried, setTried] = useState(false);
  const problems = problemsOf(form);
  const problem = (name: QuestionProblem) => (tried && problems.includes(name) ? t(`question_problem.${name}`) : undefined);
  const save = useMutation({
    mutationFn: () => putQuestion(exam.exam_id, questionId, fieldsOf(form, question)),
    onSuccess: (changed) => {
      forget();
      queries.setQueryData(examKey(exam.exam_id), changed);
      void queries.invalidateQueries({ queryKey: ["versions", exam.exam_id] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.length === 0) save.mutate();
  };

  return (
    <form className={css.question} onSubmit={submit} noValidate data-editor={questionId}>
      <div className={css.pair}>
        <NativeSelect
          label={t("question.type")}
          value={form.type}
          onChange={(event) => setForm({ ...form, type: event.currentTarget.value as QuestionType })}
          data={QUESTION_TYPES.map((type) => ({ value: type, label: t(`question_type.${type}`) }))}
        />
        <TextInput
          label={t("question.points")}
          inputMode="decimal"
          value={form.points}
          error={problem("points_invalid")}
          onChange={(event) => setForm({ ...form, points: event.currentTarget.value })}
        />
        <TextInput
          label={t("question.step")}
          inputMode="decimal"
          value={form.step}
          error={problem("step_invalid")}
          onChange={(event) => setForm({ ...form, step: event.currentTarget.value })}
        />
      </div>
      <Textarea
        label={t("question.text")}
        required
        autosize
        minRows={2}
        maxRows={12}
        maxLength={20_000}
        lang={LOCALES[exam.language]}
        value={form.text}
        error={problem("text_missing")}
        onChange={(event) => setForm({ ...form, text: event.currentTarget.value })}
      />
      <KeyFields form={form} change={setForm} problem={problem} />
      <Textarea
        label={t("question.guidance")}
        autosize
        minRows={1}
        maxRows={8}
        value={form.guidance}
        onChange={(event) => setForm({ ...form, guidance: event.currentTarget.value })}
      />
      {question !== null && exam.submissions > 0 && <Notice tone="warn">{t("question.answered_already")}</Notice>}
      {save.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, save.error)}
        </Notice>
      )}
      <Actions>
        <Button
          variant="default"
          onClick={() => {
            forget();
            onDone();
          }}
        >
          {t("action.cancel")}
        </Button>
        <Button type="submit" loading={save.isPending}>
          {t("question.save")}
        </Button>
      </Actions>
    </form>
  );
}
