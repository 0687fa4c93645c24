import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useGrading, useWebSocket } from "@/connection/useWebSocket";
import type { Progress } from "@/protocol/grading";
import { failureText } from "@/ui/failureText";
import { Badge, Confirm, Notice, Panel } from "@/ui/primitives";
import { clockText, useFormat, useText } from "@/ui/text";
import { useSecondsUntil } from "@/ui/useSecondsUntil";
import { Curve } from "./Curve";
import css from "./Grading.module.css";
import { BATCH_TONES } from "./words";

type Command = "pause_batch" | "resume_batch" | "cancel_batch" | "retry_failed";

function commandsFor({ status, failedTasks }: Progress): Command[] {
  const over = status === "completed" || status === "cancelled";
  return [
    ...(status === "running" ? (["pause_batch"] as const) : []),
    ...(status === "paused" ? (["resume_batch"] as const) : []),
    ...(failedTasks > 0 && status !== "cancelled" ? (["retry_failed"] as const) : []),
    ...(over ? [] : (["cancel_batch"] as const)),
  ];
}

function Controls({ progress }: { progress: Progress }) {
  const t = useText();
  const { send } = useWebSocket();
  const [asked, setAsked] = useState(false);
  const run = useMutation({ mutationFn: (command: Command) => send(command), onSettled: () => setAsked(false) });
  return (
    <>
      <div className={css.buttons}>
        {commandsFor(progress).map((command) => (
          <Button
            key={command}
            variant={command === "resume_batch" ? "filled" : "default"}
            loading={run.isPending && run.variables === command}
            onClick={() => (command === "cancel_batch" ? setAsked(true) : run.mutate(command))}
          >
            {t(`batch_command.${command}`)}
          </Button>
        ))}
      </div>
      {run.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, run.error)}
        </Notice>
      )}
      <Confirm
        opened={asked}
        title={t("batch.cancel_title")}
        confirm={t("batch_command.cancel_batch")}
        dangerous
        busy={run.isPending}
        onConfirm={() => run.mutate("cancel_batch")}
        onClose={() => setAsked(false)}
      >
        {t("batch.cancel_text")}
      </Confirm>
    </>
  );
}

/** How far a batch has come, live, with what can be done about it. `initial` is shown until the first message comes. */
export function RealTimeProgress({ initial }: { initial: Progress }) {
  const t = useText();
  const format = useFormat();
  const live = useGrading((view) => view.progress);
  const course = useGrading((view) => view.course);
  const progress = live ?? initial;
  const { totalTasks, completedTasks, failedTasks, processingTasks, status, throughput } = progress;
  const end = progress.estimatedCompletion === null ? Number.NaN : Date.parse(progress.estimatedCompletion);
  const left = useSecondsUntil(status === "running" && Number.isFinite(end) ? end : null);
  const done = completedTasks + failedTasks;
  const share = totalTasks === 0 ? 1 : done / totalTasks;
  const running = status === "running";
  const numbers = [
    { name: t("batch.completed"), value: format.number(completedTasks) },
    { name: t("batch.processing"), value: format.number(processingTasks) },
    { name: t("batch.failed"), value: format.number(failedTasks) },
    { name: t("batch.rate"), value: running ? t("batch.per_second", { rate: format.number(throughput, 1) }) : "–" },
    { name: t("batch.left"), value: running && left > 0 ? clockText(left) : "–" },
    { name: t("batch.end"), value: running && Number.isFinite(end) ? format.time(progress.estimatedCompletion) : "–" },
  ];
  return (
    <Panel>
      <div className={css.stack} data-batch={status}>
        <div className={css.bar}>
          <span className={css.percent}>{format.percent(Math.floor(share * 100) / 100)}</span>
          {/* The state is read out when it changes; the figures are for who looks. */}
          <span role="status">
            <Badge tone={BATCH_TONES[status]}>{t(`batch_status.${status}`)}</Badge>
          </span>
        </div>
        <div>
          <div
            className={css.track}
            role="progressbar"
            aria-label={t("batch.progress")}
            aria-valuemin={0}
            aria-valuemax={totalTasks}
            aria-valuenow={done}
            aria-valuetext={t("batch.of", { done: format.number(done), total: format.number(totalTasks) })}
          >
            <div className={css.done} style={{ width: `${totalTasks === 0 ? 100 : (completedTasks / totalTasks) * 100}%` }} />
            <div className={css.failed} style={{ width: `${totalTasks === 0 ? 0 : (failedTasks / totalTasks) * 100}%` }} />
          </div>
          <p className={css.meta}>{t("batch.of", { done: format.number(done), total: format.number(totalTasks) })}</p>
        </div>
        <dl className={css.numbers}>
          {numbers.map((item) => (
            <div key={item.name}>
              <dt>{item.name}</dt>
              <dd>{item.value}</dd>
            </div>
          ))}
        </dl>
        <Curve
          points={course.map((point) => ({ at: point.at, value: point.throughput }))}
          label={t("batch.curve", { rate: format.number(throughput, 1) })}
        />
        <Controls progress={progress} />
      </div>
    </Panel>
  );
}
