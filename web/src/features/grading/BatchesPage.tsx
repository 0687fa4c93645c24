import { Button, NativeSelect } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import {
  type Batch,
  BATCH_PURPOSES,
  type BatchPurpose,
  estimateBatch,
  type Exam,
  examKey,
  listBatches,
  mayTeach,
  showExam,
  startBatch,
} from "@/api/exams";
import { newId } from "@/protocol/ids";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Badge, Loading, Notice, Panel, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Grading.module.css";
import { BATCH_TONES } from "./words";

const LIVE_EVERY_MS = 5_000;

function Start({ exam }: { exam: Exam }) {
  const t = useText();
  const format = useFormat();
  const navigate = useNavigate();
  const [purpose, setPurpose] = useState<BatchPurpose>("full");
  const idempotencyKey = useRef(newId());
  const again = purpose === "regrade";
  const estimate = useQuery({
    queryKey: ["estimate", exam.exam_id, again, exam.seq],
    queryFn: ({ signal }) => estimateBatch(exam.exam_id, again, signal),
    placeholderData: (before) => before,
  });
  const start = useMutation({
    mutationFn: () => startBatch(exam.exam_id, purpose, idempotencyKey.current),
    onSuccess: (batch) => navigate({ to: "/exams/$id/batches/$batch", params: { id: exam.exam_id, batch: batch.batch_id } }),
    onError: () => {
      idempotencyKey.current = newId();
    },
  });
  return (
    <Panel title={t("batches.start")}>
      <div className={css.stack}>
        <NativeSelect
          label={t("batches.purpose")}
          description={t(`batch_purpose_hint.${purpose}`)}
          value={purpose}
          onChange={(event) => setPurpose(event.currentTarget.value as BatchPurpose)}
          data={BATCH_PURPOSES.map((item) => ({ value: item, label: t(`batch_purpose.${item}`) }))}
        />
        <div className={css.bar}>
          <span role="status">
            {estimate.data !== undefined && (
              <>
                {t("batches.estimate", { count: estimate.data.responses, responses: format.number(estimate.data.responses) })}{" "}
                <span className={css.meta}>
                  {t("batches.model_calls", { calls: format.number(estimate.data.model_calls) })}
                </span>
              </>
            )}
            {estimate.isError && failureText(t, estimate.error)}
          </span>
          <Button
            loading={start.isPending}
            disabled={estimate.data?.responses === 0}
            onClick={() => start.mutate()}
          >
            {t("batches.begin")}
          </Button>
        </div>
        {start.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, start.error)}
          </Notice>
        )}
      </div>
    </Panel>
  );
}

function Row({ batch }: { batch: Batch }) {
  const t = useText();
  const format = useFormat();
  const done = batch.completed + batch.failed;
  return (
    <li className={css.row}>
      <div>
        <Link to="/exams/$id/batches/$batch" params={{ id: batch.exam_id, batch: batch.batch_id }} className={css.name}>
          {t(`batch_purpose.${batch.purpose}`)}
        </Link>
        <div className={css.meta}>{format.dateTime(batch.created_at)}</div>
      </div>
      <Badge tone={BATCH_TONES[batch.status]}>{t(`batch_status.${batch.status}`)}</Badge>
      <div className={css.meta}>
        {t("batch.of", { done: format.number(done), total: format.number(batch.total) })}
        {batch.failed > 0 && ` · ${t("batches.failed", { count: batch.failed })}`}
      </div>
    </li>
  );
}

export default function BatchesPage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const list = useInfiniteQuery({
    queryKey: ["batches", id],
    queryFn: ({ pageParam, signal }) => listBatches(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((item) => item.status === "running")) ? LIVE_EVERY_MS : false,
  });
  if (exam === undefined) return null;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={css.stack} aria-labelledby="batches">
      <h2 id="batches">{t("exam.batches")}</h2>
      {mayTeach(exam.my_role) && exam.submissions > 0 && <Start exam={exam} />}
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <State title={t("batches.empty")}>
          {exam.submissions === 0 ? t("batches.no_submissions") : t("batches.empty_text")}
        </State>
      )}
      {items.length > 0 && (
        <ul className={css.list} aria-labelledby="batches">
          {items.map((batch) => (
            <Row key={batch.batch_id} batch={batch} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </section>
  );
}
