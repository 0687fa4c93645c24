import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { type Batch, examKey, listFailures, showBatch } from "@/api/exams";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { useGrading, useWebSocket } from "@/connection/useWebSocket";
import { WebSocketProvider } from "@/connection/WebSocketProvider";
import type { Progress } from "@/protocol/grading";
import { BackLink } from "@/ui/BackLink";
import { Failure } from "@/ui/Failure";
import { Loading, Panel } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { RealTimeProgress } from "./RealTimeProgress";

const progressOf = (batch: Batch): Progress => ({
  batchId: batch.batch_id,
  examId: batch.exam_id,
  totalTasks: batch.total,
  completedTasks: batch.completed,
  processingTasks: batch.processing,
  failedTasks: batch.failed,
  status: batch.status,
  startTime: batch.started_at,
  estimatedCompletion: batch.estimated_completion,
  throughput: batch.throughput,
});

const REASONS = ["question_removed", "no_grader"] as const;

function Failures({ batchId, count }: { batchId: string; count: number }) {
  const t = useText();
  const failures = useInfiniteQuery({
    queryKey: ["failures", batchId, count],
    queryFn: ({ pageParam, signal }) => listFailures(batchId, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (before) => before,
  });
  const items = failures.data?.pages.flatMap((page) => page.items) ?? [];
  const reason = (name: string) => {
    const known = REASONS.find((item) => item === name);
    return known === undefined ? name : t(`failure_reason.${known}`);
  };
  return (
    <Panel title={t("batch.failures")}>
      {failures.isPending && <Loading lines={2} />}
      {failures.isError && <Failure error={failures.error} onRetry={() => void failures.refetch()} />}
      {items.length > 0 && (
        <div className={css.scroll} tabIndex={0} role="group" aria-label={t("batch.failures")}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t("batch.response")}</th>
                <th scope="col">{t("batch.reason")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.response_id}>
                  <td>{item.response_id}</td>
                  <td>{reason(item.reason)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {failures.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={failures.isFetchingNextPage} onClick={() => void failures.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Live({ batch }: { batch: Batch }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { state, connect } = useWebSocket();
  const failed = useGrading((view) => view.progress?.failedTasks) ?? batch.failed;
  const status = useGrading((view) => view.progress?.status) ?? batch.status;
  // What is waiting and what is marked changed with the batch.
  useEffect(() => {
    if (status !== "running") void queries.invalidateQueries({ queryKey: examKey(batch.exam_id) });
  }, [queries, status, batch.exam_id]);
  return (
    <section className={css.stack} aria-labelledby="batch">
      <div className={css.bar}>
        <div>
          <h2 id="batch">{t(`batch_purpose.${batch.purpose}`)}</h2>
          <p className={css.meta}>{t("batch.started_on", { date: format.dateTime(batch.created_at) })}</p>
        </div>
        <ConnectionStatus state={state} onRetry={connect} />
      </div>
      <RealTimeProgress initial={progressOf(batch)} />
      {failed > 0 && <Failures batchId={batch.batch_id} count={failed} />}
    </section>
  );
}

export default function BatchPage() {
  const t = useText();
  const { id, batch: batchId } = useParams({ from: "/staff/exams/$id/batches/$batch" });
  const batch = useQuery({ queryKey: ["batch", batchId], queryFn: ({ signal }) => showBatch(batchId, signal) });
  return (
    <div className={css.stack}>
      <span className={css.meta}>
        <BackLink to="/exams/$id/batches" params={{ id }}>
          {t("exam.batches")}
        </BackLink>
      </span>
      {batch.isPending && <Loading />}
      {batch.isError && <Failure error={batch.error} onRetry={() => void batch.refetch()} />}
      {batch.data !== undefined && (
        <WebSocketProvider key={batchId} endpoint={{ door: "progress", batchId }}>
          <Live batch={batch.data} />
        </WebSocketProvider>
      )}
    </div>
  );
}
