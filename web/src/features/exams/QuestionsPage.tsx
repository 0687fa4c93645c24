import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type AnswerKey, type Exam, examKey, type ExamQuestion, mayTeach, removeQuestion, showExam } from "@/api/exams";
import { failureText } from "@/ui/failureText";
import { CheckIcon, PencilIcon, PlusIcon, RemoveIcon } from "@/ui/icons";
import { digitsOf } from "@/ui/points";
import { Badge, Confirm, Notice, State } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Exams.module.css";
import { QuestionEditor } from "./QuestionEditor";
import { freeQuestionId } from "./questionForm";
import { Versions } from "./Versions";

function KeyView({ answerKey, lang }: { answerKey: AnswerKey; lang: string }) {
  const t = useText();
  const right = (text: string) => (
    <span className={css.right}>
      <CheckIcon size={14} /> {text}
    </span>
  );
  switch (answerKey.type) {
    case "choice":
      return (
        <ul className={css.key} lang={lang}>
          {answerKey.options.map((option) => {
            const text = `${option.option_id}  ${option.text}`;
            return <li key={option.option_id}>{answerKey.correct.includes(option.option_id) ? right(text) : text}</li>;
          })}
        </ul>
      );
    case "true_false":
      return right(answerKey.correct ? t("question.true") : t("question.false"));
    case "numeric":
      return right(
        [answerKey.value, answerKey.tolerance > 0 ? `± ${answerKey.tolerance}` : "", answerKey.unit].filter((part) => part !== "").join(" "),
      );
    case "fill_in":
      return (
        <ol className={css.key} lang={lang}>
          {answerKey.blanks.map((blank, index) => (
            <li key={index}>{right(blank.accepted.join(" / "))}</li>
          ))}
        </ol>
      );
  }
}

function Question({ exam, question, onEdit }: { exam: Exam; question: ExamQuestion; onEdit: () => void }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const lang = LOCALES[exam.language];
  const remove = useMutation({
    mutationFn: () => removeQuestion(exam.exam_id, question.question_id),
    onSuccess: (changed) => queries.setQueryData(examKey(exam.exam_id), changed),
  });
  return (
    <li className={css.question}>
      <div className={css.questionHead}>
        <Badge>{t(`question_type.${question.type}`)}</Badge>
        <span className={css.meta}>
          {question.question_id} · {t("exam.points", { count: question.points, points: format.number(question.points, digitsOf(question.points)) })}
          {question.version > 1 && ` · ${t("question.version", { version: question.version })}`}
        </span>
        <span style={{ flex: 1 }} />
        {mayTeach(exam.my_role) && (
          <div className={css.buttons}>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<PencilIcon size={14} />}
              onClick={onEdit}
              aria-label={t("question.edit_named", { question: question.question_id })}
            >
              {t("question.edit")}
            </Button>
            {exam.submissions === 0 && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<RemoveIcon size={14} />}
                onClick={() => setAsked(true)}
                aria-label={t("question.remove_named", { question: question.question_id })}
              >
                {t("question.remove")}
              </Button>
            )}
          </div>
        )}
      </div>
      <p className={css.text} lang={lang}>
        {question.text}
      </p>
      {question.key !== null && <KeyView answerKey={question.key} lang={lang} />}
      {question.rubric.length > 0 && (
        <ul className={css.key} lang={lang}>
          {question.rubric.map((point) => (
            <li key={point.point_id}>
              <b>{format.number(point.points, digitsOf(point.points))}</b> {point.text}
            </li>
          ))}
        </ul>
      )}
      {question.model_answers.length > 0 && (
        <details>
          <summary>{t("question.model_answer")}</summary>
          <p className={css.text} lang={lang}>
            {question.model_answers.join("\n\n")}
          </p>
        </details>
      )}
      <Confirm
        opened={asked}
        title={t("question.remove_title", { question: question.question_id })}
        confirm={t("question.remove")}
        dangerous
        busy={remove.isPending}
        error={remove.isError ? failureText(t, remove.error) : undefined}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsked(false)}
      >
        {t("question.remove_text")}
      </Confirm>
    </li>
  );
}

export default function QuestionsPage() {
  const t = useText();
  const format = useFormat();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const [editing, setEditing] = useState<string | null>(null);
  if (exam === undefined) return null;
  const fresh = freeQuestionId(exam.questions);
  const mayAdd = mayTeach(exam.my_role) && exam.submissions === 0;
  const add = (
    <Button leftSection={<PlusIcon />} onClick={() => setEditing(fresh)}>
      {t("question.add")}
    </Button>
  );
  return (
    <section className={css.stack} aria-labelledby="questions">
      <div className={css.bar}>
        <h2 id="questions">{t("exam.questions")}</h2>
        <span className={css.meta}>
          {t("exams.questions_count", { count: exam.questions.length })} ·{" "}
          {t("exam.points", { count: exam.max_points, points: format.number(exam.max_points, digitsOf(exam.max_points)) })}
        </span>
      </div>
      {mayTeach(exam.my_role) && exam.questions.length > 0 && (
        <div className={css.buttons}>
          <Link to="/exams/$id/sheet" params={{ id }}>
            {t("sheet.title")}
          </Link>
          <Link to="/exams/$id/scans" params={{ id }}>
            {t("scans.title")}
          </Link>
        </div>
      )}
      {exam.questions.length === 0 && editing === null && (
        <State title={t("exam.no_questions")} actions={mayAdd ? add : undefined}>
          {t("exam.no_questions_text")}
        </State>
      )}
      <ol className={css.stack} style={{ listStyle: "none" }}>
        {exam.questions.map((question) =>
          editing === question.question_id ? (
            <li key={question.question_id}>
              <QuestionEditor
                exam={exam}
                questionId={question.question_id}
                question={question}
                onDone={() => setEditing(null)}
              />
            </li>
          ) : (
            <Question
              key={question.question_id}
              exam={exam}
              question={question}
              onEdit={() => setEditing(question.question_id)}
            />
          ),
        )}
      </ol>
      {editing === fresh && <QuestionEditor exam={exam} questionId={fresh} question={null} onDone={() => setEditing(null)} />}
      {mayAdd && editing !== fresh && exam.questions.length > 0 && <div>{add}</div>}
      {mayTeach(exam.my_role) && exam.submissions > 0 && <Notice>{t("exam.answered")}</Notice>}
      <Versions examId={id} />
    </section>
  );
}
