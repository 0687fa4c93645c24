import { Button, Kbd } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Exam, examKey, mayDecide, showExam } from "@/api/exams";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { useGrading, useWebSocket } from "@/connection/useWebSocket";
import { WebSocketProvider } from "@/connection/WebSocketProvider";
import { readDraft, writeDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Loading, Notice, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { TaskView } from "./TaskView";

const SHORTCUTS = "marking.shortcuts";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Keys can be turned off, for who speaks to the machine or shares the keyboard with a screen reader. */
function Shortcuts({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  const t = useText();
  return (
    <details>
      <summary>{t("marking.keys")}</summary>
      <div className={css.stack} style={{ marginTop: "0.75rem" }}>
        <label className={css.buttons}>
          <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
          {t("marking.keys_on")}
        </label>
        <dl className={css.keys}>
          <dt>
            <Kbd>0</Kbd>–<Kbd>9</Kbd>
          </dt>
          <dd>{t("marking.key_points")}</dd>
          <dt>
            <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd>
          </dt>
          <dd>{t("marking.key_submit")}</dd>
          <dt>
            <Kbd>Tab</Kbd>
          </dt>
          <dd>{t("marking.key_tab")}</dd>
        </dl>
      </div>
    </details>
  );
}

function Workspace({ exam }: { exam: Exam }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { state, connect, send } = useWebSocket();
  const task = useGrading((view) => view.task);
  const status = useGrading((view) => view.status);
  const [count, setCount] = useState(0);
  const [shortcuts, setShortcuts] = useState(() => readDraft(SHORTCUTS, true, isFlag));
  const next = useMutation({ mutationFn: () => send("request_next_task") });
  const { mutate } = next;
  useEffect(() => mutate(), [mutate]);

  const marked = () => {
    setCount((before) => before + 1);
    void queries.invalidateQueries({ queryKey: examKey(exam.exam_id) });
    mutate();
  };
  const others = Math.max(0, new Set(status?.participants).size - 1);
  const remaining = status?.remaining ?? exam.waiting;
  const disagreements = exam.by_status["to_moderate"] ?? 0;
  return (
    <section className={css.stack} aria-label={t("exam.marking")}>
      <div className={css.bar}>
        <p className={css.meta} role="status">
          {t("marking.remaining", { count: remaining, number: format.number(remaining) })}
          {count > 0 && ` · ${t("marking.done_now", { count })}`}
          {others > 0 && ` · ${t("marking.others", { count: others })}`}
        </p>
        <ConnectionStatus state={state} onRetry={connect} />
      </div>
      {mayDecide(exam.my_role) && disagreements > 0 && (
        <Notice
          tone="warn"
          action={
            <Link to="/exams/$id/moderation" params={{ id: exam.exam_id }}>
              {t("moderation.open")}
            </Link>
          }
        >
          {t("moderation.waiting", { count: disagreements })}
        </Notice>
      )}
      {next.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, next.error)}
        </Notice>
      )}
      {task === undefined && !next.isError && state.name !== "refused" && state.name !== "failed" && <Loading />}
      {task === null && (
        <State
          title={t("marking.nothing")}
          actions={
            <Button variant="default" loading={next.isPending} onClick={() => mutate()}>
              {t("marking.look_again")}
            </Button>
          }
        >
          {t("marking.nothing_text")}
        </State>
      )}
      {task !== undefined && task !== null && (
        <TaskView key={task.taskId} task={task} language={exam.language} shortcuts={shortcuts} onMarked={marked} />
      )}
      <Shortcuts
        on={shortcuts}
        onChange={(on) => {
          writeDraft(SHORTCUTS, on);
          setShortcuts(on);
        }}
      />
    </section>
  );
}

export default function MarkingPage() {
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  if (exam === undefined) return null;
  return (
    <WebSocketProvider key={id} endpoint={{ door: "grading", examId: id }}>
      <Workspace exam={exam} />
    </WebSocketProvider>
  );
}
