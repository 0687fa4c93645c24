import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useWebSocket } from "@/connection/useWebSocket";
import type { GradingTask } from "@/protocol/grading";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { MarkedText } from "@/ui/MarkedText";
import { Actions, Badge, Notice, Panel } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import type { Language } from "@/api/types";
import { criteriaOf, isDraftMark, NO_MARK, withEarned } from "./draftMark";
import css from "./Grading.module.css";
import { Marks } from "./Marks";
import { PointsField } from "./PointsField";
import { Scan } from "./Scan";
import { digitsOf } from "@/ui/points";
import { stepsOf } from "./words";

const POOR = 0.6;

/** Digits give points while nobody writes; the key that sends works everywhere. */
function useKeys(enabled: boolean, task: GradingTask, onPoints: (points: number) => void, onSend: () => void) {
  const latest = useRef({ onPoints, onSend });
  useEffect(() => {
    latest.current = { onPoints, onSend };
  }, [onPoints, onSend]);
  useEffect(() => {
    if (!enabled) return undefined;
    const steps = stepsOf(task.maxPoints, task.step) ?? [];
    const press = (event: KeyboardEvent) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        latest.current.onSend();
        return;
      }
      const target = event.target as HTMLElement;
      const writes = target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || target.getAttribute("type") === "text";
      if (writes || event.ctrlKey || event.metaKey || event.altKey || !/^\d$/.test(event.key)) return;
      const points = Number(event.key);
      if (steps.includes(points)) latest.current.onPoints(points);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [enabled, task.maxPoints, task.step]);
}

function ReportIssue({ taskId }: { taskId: string }) {
  const t = useText();
  const { send } = useWebSocket();
  const [text, setText] = useState("");
  const report = useMutation({
    mutationFn: () => send("report_issue", { taskId, text: text.trim() }),
    onSuccess: () => setText(""),
  });
  return (
    <details>
      <summary>{t("marking.report")}</summary>
      <div className={css.stack} style={{ marginTop: "0.75rem" }}>
        <Textarea
          label={t("marking.report_text")}
          autosize
          minRows={2}
          maxLength={5000}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div>
          <Button
            size="sm"
            variant="default"
            disabled={text.trim() === ""}
            loading={report.isPending}
            onClick={() => report.mutate()}
          >
            {t("marking.report_send")}
          </Button>
        </div>
        <div role="status">{report.isSuccess && t("marking.reported")}</div>
        {report.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, report.error)}
          </Notice>
        )}
      </div>
    </details>
  );
}

export interface TaskViewProps {
  task: GradingTask;
  language: Language;
  shortcuts: boolean;
  /** Called once the mark is stored. */
  onMarked: () => void;
}

/** One response and the mark it gets. Give it the task's id as `key`. */
export function TaskView({ task, language, shortcuts, onMarked }: TaskViewProps) {
  const t = useText();
  const format = useFormat();
  const { send } = useWebSocket();
  const [draft, setDraft, forget] = useDraft(`mark.${task.taskId}`, NO_MARK, isDraftMark);
  const [tried, setTried] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const moderated = task.kind === "moderated";
  const lang = LOCALES[language];
  const ai = task.marks.find((mark) => mark.kind === "ai");
  const submit = useMutation({
    mutationFn: (points: number) =>
      send("submit_grade", {
        taskId: task.taskId,
        points,
        comment: draft.comment.trim(),
        criteria: task.rubric.length > 0 && draft.earned.length > 0 ? criteriaOf(draft, task.rubric) : {},
      }),
    onSuccess: () => {
      forget();
      onMarked();
    },
  });
  const hand = () => {
    setTried(true);
    if (draft.points !== null && !submit.isPending) submit.mutate(draft.points);
  };
  useKeys(shortcuts, task, (points) => setDraft((before) => ({ ...before, points })), hand);
  // The next response begins where its question stands.
  useEffect(() => heading.current?.focus(), []);

  return (
    <form
      className={css.work}
      data-task={task.taskId}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        hand();
      }}
    >
      <div className={css.stack}>
        <div>
          <div className={css.buttons}>
            {moderated && <Badge tone="warn">{t("marking.disagreement")}</Badge>}
            {task.kind === "second" && <Badge>{t("marking.second")}</Badge>}
            {task.quality !== null && task.quality < POOR && (
              <Badge tone="warn">{t("marking.poor_scan", { quality: format.percent(task.quality) })}</Badge>
            )}
          </div>
          <h2 ref={heading} tabIndex={-1} lang={lang} style={{ whiteSpace: "pre-wrap", marginTop: "0.4rem", outline: "none" }}>
            {task.questionText}
          </h2>
        </div>
        <section aria-label={t("marking.answer")} className={task.imageUrl === null ? undefined : css.beside}>
          {task.imageUrl !== null && <Scan url={task.imageUrl} />}
          <div className={css.answer} data-answer>
            {task.response.trim() === "" ? (
              <p className={css.meta}>{t("marking.blank")}</p>
            ) : (
              <MarkedText text={task.response} spans={ai?.evidence ?? []} lang={lang} />
            )}
          </div>
        </section>
        {task.marks.length > 0 && (
          <section aria-label={t("marking.marks")}>
            <Marks marks={task.marks} maximum={task.maxPoints} />
          </section>
        )}
        {(task.modelAnswers.length > 0 || task.guidance !== "") && (
          <details>
            <summary>{t("question.model_answer")}</summary>
            <div className={css.stack} style={{ marginTop: "0.75rem" }} lang={lang}>
              {task.modelAnswers.map((answer, index) => (
                <p key={index} style={{ whiteSpace: "pre-wrap" }}>
                  {answer}
                </p>
              ))}
              {task.guidance !== "" && <p className={css.meta}>{task.guidance}</p>}
            </div>
          </details>
        )}
      </div>
      <Panel className={css.side}>
        <div className={css.stack}>
          {task.rubric.length > 0 && (
            <ul className={css.rubric} aria-label={t("question.rubric")} lang={lang}>
              {task.rubric.map((point) => (
                <li key={point.point_id}>
                  <label>
                    <input
                      type="checkbox"
                      checked={draft.earned.includes(point.point_id)}
                      onChange={(event) =>
                        setDraft(
                          withEarned(draft, point.point_id, event.currentTarget.checked, task.rubric, {
                            maximum: task.maxPoints,
                            step: task.step,
                          }),
                        )
                      }
                    />
                    <span>
                      {point.text} <b>+{format.number(point.points, digitsOf(point.points))}</b>
                    </span>
                  </label>
                </li>
              ))}
            </ul>
          )}
          <PointsField
            label={t("marking.points", { maximum: format.number(task.maxPoints, digitsOf(task.maxPoints)) })}
            maximum={task.maxPoints}
            step={task.step}
            value={draft.points}
            onChange={(points) => setDraft((before) => ({ ...before, points }))}
          />
          {tried && draft.points === null && (
            <Notice tone="warn" role="alert">
              {t("marking.points_missing")}
            </Notice>
          )}
          <Textarea
            label={t("marking.comment")}
            autosize
            minRows={2}
            maxRows={10}
            maxLength={4000}
            value={draft.comment}
            onChange={(event) => {
              const comment = event.currentTarget.value;
              setDraft((before) => ({ ...before, comment }));
            }}
          />
          {submit.isError && (
            <Notice tone="danger" role="alert">
              {failureText(t, submit.error)}
            </Notice>
          )}
          <Actions>
            <Button type="submit" loading={submit.isPending} aria-keyshortcuts="Control+Enter">
              {t("marking.submit")}
            </Button>
          </Actions>
          <ReportIssue taskId={task.taskId} />
        </div>
      </Panel>
    </form>
  );
}
