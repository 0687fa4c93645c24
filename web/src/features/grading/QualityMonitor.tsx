import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Exam, mayTeach } from "@/api/exams";
import { type Alert, listAlerts, listThresholds, type Quality, showQuality } from "@/api/marking";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { useGrading, useMessages, useWebSocket } from "@/connection/useWebSocket";
import type { QualityMetrics } from "@/protocol/grading";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Badge, Loading, Notice, Panel } from "@/ui/primitives";
import { type Format, useFormat, useText } from "@/ui/text";
import { AgreementMatrix } from "./AgreementMatrix";
import { Curve } from "./Curve";
import css from "./Grading.module.css";
import { asMetric, isFloor, isShare, type Metric, metricKey } from "./words";

const FIGURES = ["accuracyRate", "consistencyScore", "processingSpeed", "errorRate"] as const;
type Figure = (typeof FIGURES)[number];

const shown = (format: Format, metric: Metric, value: number | null): string => {
  if (value === null) return "–";
  return isShare(metric) ? format.percent(value) : format.number(value, metric === "processingSpeed" ? 1 : 2);
};

function ThresholdField({ metric, threshold }: { metric: Figure; threshold: number }) {
  const t = useText();
  const queries = useQueryClient();
  const { send } = useWebSocket();
  const scale = isShare(metric) ? 100 : 1;
  const [value, setValue] = useState(String(Math.round(threshold * scale * 100) / 100));
  const adjust = useMutation({
    mutationFn: (next: number) => send("adjust_threshold", { metric, threshold: next }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["thresholds"] }),
  });
  const next = Number(value.replace(",", ".")) / scale;
  const changed = value.trim() !== "" && Number.isFinite(next) && next >= 0 && Math.abs(next - threshold) > 1e-9;
  return (
    <form
      className={css.threshold}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (changed) adjust.mutate(next);
      }}
    >
      <TextInput
        size="xs"
        label={isFloor(metric) ? t("quality.at_least") : t("quality.at_most")}
        inputMode="decimal"
        rightSection={isShare(metric) ? "%" : undefined}
        value={value}
        error={adjust.isError ? failureText(t, adjust.error) : undefined}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default" disabled={!changed} loading={adjust.isPending}>
        {t("quality.set")}
      </Button>
    </form>
  );
}

interface FigureCardProps {
  metric: Figure;
  metrics: QualityMetrics;
  threshold: number | undefined;
  mayAdjust: boolean;
}

function FigureCard({ metric, metrics, threshold, mayAdjust }: FigureCardProps) {
  const t = useText();
  const format = useFormat();
  const trend = useGrading((view) => view.trend);
  const value = metrics[metric];
  const bad =
    value !== null && threshold !== undefined && (isFloor(metric) ? value < threshold : value > threshold);
  const name = t(metricKey(metric));
  const points = trend.flatMap((point) => {
    const at = point.metrics[metric];
    return at === null ? [] : [{ at: point.at, value: at }];
  });
  return (
    <div className={css.figure} data-bad={bad} data-metric={metric}>
      <h3>{name}</h3>
      <span className={css.value}>{shown(format, metric, value)}</span>
      {bad && (
        <div>
          <Badge tone="danger">{t("quality.out_of_bounds")}</Badge>
        </div>
      )}
      {value === null && <p className={css.meta}>{t("quality.not_known")}</p>}
      <Curve
        points={points}
        label={t("quality.trend", { name, value: shown(format, metric, value) })}
        {...(isShare(metric) ? { max: 1 } : {})}
        threshold={threshold}
      />
      {threshold !== undefined && mayAdjust && <ThresholdField key={threshold} metric={metric} threshold={threshold} />}
    </div>
  );
}

function AlertRow({ alert }: { alert: Alert }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { send } = useWebSocket();
  const metric = asMetric(alert.metric);
  const acknowledge = useMutation({
    mutationFn: () => send("acknowledge_alert", { alertId: alert.alert_id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
  });
  const resolved = alert.resolved_at !== null;
  return (
    <li className={css.alert} data-level={resolved ? "over" : alert.level} data-alert={alert.metric}>
      <div>
        <b>{metric === undefined ? alert.metric : t(metricKey(metric))}</b>
        {alert.about !== "" && ` · ${alert.about}`}
        <div className={css.meta} style={{ color: "var(--vv-ink-2)" }}>
          {metric !== undefined &&
            t("quality.crossed", {
              value: shown(format, metric, alert.value),
              threshold: shown(format, metric, alert.threshold),
            })}{" "}
          · {format.dateTime(alert.raised_at)}
          {alert.acknowledged_by !== "" && ` · ${t("quality.acknowledged_by", { name: alert.acknowledged_by })}`}
        </div>
        {acknowledge.isError && <p role="alert">{failureText(t, acknowledge.error)}</p>}
      </div>
      <div className={css.buttons}>
        <Badge tone={resolved ? "done" : alert.level === "critical" ? "danger" : "warn"}>
          {resolved ? t("quality.resolved") : t(`alert_level.${alert.level}`)}
        </Badge>
        {!resolved && alert.acknowledged_by === "" && (
          <Button size="compact-sm" variant="default" loading={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
            {t("quality.acknowledge")}
          </Button>
        )}
      </div>
    </li>
  );
}

function Alerts({ examId }: { examId: string }) {
  const t = useText();
  const queries = useQueryClient();
  const alerts = useQuery({ queryKey: ["alerts", examId], queryFn: ({ signal }) => listAlerts(examId, null, signal) });
  const changed = () => void queries.invalidateQueries({ queryKey: ["alerts", examId] });
  useMessages("QUALITY_ALERT", changed);
  useMessages("ALERT_RESOLVED", changed);
  return (
    <Panel title={t("quality.alerts")}>
      {alerts.isPending && <Loading lines={2} />}
      {alerts.isError && <Failure error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.data !== undefined && alerts.data.items.length === 0 && <p className={css.meta}>{t("quality.no_alerts")}</p>}
      <ul className={css.stack} style={{ listStyle: "none" }}>
        {alerts.data?.items.map((alert) => <AlertRow key={alert.alert_id} alert={alert} />)}
      </ul>
    </Panel>
  );
}

function Details({ quality }: { quality: Quality }) {
  const t = useText();
  const format = useFormat();
  const share = (value: number | null) => (value === null ? "–" : format.percent(value));
  const decimal = (value: number | null) => (value === null ? "–" : format.number(value, 2));
  return (
    <>
      <Panel title={t("quality.by_question")}>
        <div className={css.scroll} tabIndex={0} role="group" aria-label={t("quality.by_question")}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t("quality.question")}</th>
                <th scope="col" data-number>
                  {t("quality.double_marked")}
                </th>
                <th scope="col" data-number>
                  {t("metric.accuracy")}
                </th>
                <th scope="col" data-number>
                  {t("metric.consistency")}
                </th>
                <th scope="col" data-number>
                  {t("quality.exact")}
                </th>
                <th scope="col" data-number>
                  {t("quality.bias")}
                </th>
              </tr>
            </thead>
            <tbody>
              {quality.questions.map((item) => (
                <tr key={item.question_id}>
                  <th scope="row">{item.question_id}</th>
                  <td data-number>{item.marks}</td>
                  <td data-number>{share(item.accuracy)}</td>
                  <td data-number>{decimal(item.kappa)}</td>
                  <td data-number>{share(item.exact)}</td>
                  <td data-number>{decimal(item.bias)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      {quality.raters.length > 0 && (
        <Panel title={t("quality.by_rater")}>
          <div className={css.scroll} tabIndex={0} role="group" aria-label={t("quality.by_rater")}>
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col">{t("quality.rater")}</th>
                  <th scope="col" data-number>
                    {t("quality.marks")}
                  </th>
                  <th scope="col" data-number>
                    {t("metric.severity")}
                  </th>
                  <th scope="col" data-number>
                    {t("metric.drift")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {quality.raters.map((rater) => (
                  <tr key={rater.rater}>
                    <th scope="row">{rater.rater}</th>
                    <td data-number>{rater.marks}</td>
                    <td data-number>{share(rater.severity)}</td>
                    <td data-number>{share(rater.drift)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className={css.meta}>{t("quality.rater_text")}</p>
        </Panel>
      )}
    </>
  );
}

/** How well an exam is marked, live: figures with their bounds, what is out of bounds, and where AI and people differ. */
export function QualityMonitor({ exam }: { exam: Exam }) {
  const t = useText();
  const { state, connect } = useWebSocket();
  const live = useGrading((view) => view.metrics);
  const quality = useQuery({ queryKey: ["quality", exam.exam_id], queryFn: ({ signal }) => showQuality(exam.exam_id, signal) });
  const thresholds = useQuery({
    queryKey: ["thresholds", exam.exam_id],
    queryFn: ({ signal }) => listThresholds(exam.exam_id, signal),
  });
  const [stamp, setStamp] = useState(0);
  const { refetch } = quality;
  const doubleMarked = quality.data?.metrics.doubleMarked;
  useMessages("QUALITY_METRICS", (message) => {
    if (message.type !== "QUALITY_METRICS" || message.data.metrics.doubleMarked === doubleMarked) return;
    setStamp((before) => before + 1);
    void refetch();
  });
  if (quality.isPending) return <Loading />;
  if (quality.isError && quality.data === undefined) {
    return <Failure error={quality.error} onRetry={() => void quality.refetch()} />;
  }
  const metrics = live ?? quality.data.metrics;
  const bounds = new Map(thresholds.data?.items.map((item) => [item.metric, item.threshold]));
  return (
    <section className={css.stack} aria-labelledby="quality">
      <div className={css.bar}>
        <div>
          <h2 id="quality">{t("exam.quality")}</h2>
          <p className={css.meta}>{t("quality.stands_on", { count: quality.data.metrics.doubleMarked })}</p>
        </div>
        <ConnectionStatus state={state} onRetry={connect} />
      </div>
      {quality.data.metrics.doubleMarked === 0 && <Notice>{t("quality.nothing_yet")}</Notice>}
      <div className={css.figures}>
        {FIGURES.map((metric) => (
          <FigureCard
            key={metric}
            metric={metric}
            metrics={metrics}
            threshold={bounds.get(metric)}
            mayAdjust={mayTeach(exam.my_role)}
          />
        ))}
      </div>
      <Alerts examId={exam.exam_id} />
      <AgreementMatrix exam={exam} stamp={stamp} />
      <Details quality={quality.data} />
    </section>
  );
}
