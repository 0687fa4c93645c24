import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { downloadReport, showReport } from "@/api/client";
import { ApiError } from "@/api/http";
import type { Report } from "@/api/types";
import { useClip } from "@/audio/useClip";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { BackIcon, DownloadIcon, LockIcon } from "@/ui/icons";
import { scrollBehavior } from "@/ui/motion";
import { Badge, Facts, LevelMeter, Loading, Notice, Page, PageHead, Panel, State } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import { RadarChart, TimelineChart } from "./Charts";
import { Comparison } from "./Comparison";
import { citations } from "./model";
import { OwnScorecardForm } from "./OwnScorecardForm";
import css from "./Report.module.css";
import { ScorecardView } from "./ScorecardView";
import { quoteId, Transcript } from "./Transcript";

const PENDING_EVERY_MS = 2_500;

const isPending = (error: unknown) => error instanceof ApiError && error.code === "conflict";

function usePdf(report: Report) {
  return useMutation({
    mutationFn: () => downloadReport(report.session_id),
    onSuccess: (blob) => {
      const address = URL.createObjectURL(blob);
      const link = document.createElement("a");
      link.href = address;
      link.download = `report-${report.session_id}.pdf`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    },
  });
}

function Summary({ report }: { report: Report }) {
  const t = useText();
  const format = useFormat();
  const { summary, scorecard, sealed } = report;
  const lang = LOCALES[report.language];
  const withScore = scorecard.criteria.filter((item) => item.score !== null).length;
  return (
    <Panel title={t("report.summary")}>
      {!sealed && (
        <div className={css.overall}>
          <div className={css.overallScore}>
            <LevelMeter level={scorecard.overall === null ? null : Math.round(scorecard.overall)} />
            <strong>{scorecard.overall === null ? "–" : format.number(scorecard.overall, 1)}</strong>
            <span>{scorecard.overall === null ? t("report.overall_none") : t("report.of_five")}</span>
          </div>
          <p className={css.faint} style={{ flex: "1 1 14rem" }}>
            {t("report.overall_text", { scored: withScore, total: scorecard.criteria.length })}
          </p>
        </div>
      )}
      <Facts
        items={[
          { name: t("report.date"), value: format.dateTime(summary.started_at) },
          { name: t("report.duration"), value: clockText(summary.duration_s) },
          { name: t("report.questions"), value: summary.questions_asked },
          { name: t("report.answers"), value: summary.answers },
          { name: t("report.words"), value: format.number(summary.words) },
          {
            name: t("report.coverage"),
            value: t("report.coverage_of", { covered: summary.coverage.covered, planned: summary.coverage.planned }),
          },
        ]}
      />
      {(scorecard.strengths.length > 0 || scorecard.gaps.length > 0) && (
        <div className={css.lists}>
          <Points title={t("report.strengths")} lang={lang} items={scorecard.strengths} />
          <Points title={t("report.gaps")} lang={lang} items={scorecard.gaps} />
        </div>
      )}
    </Panel>
  );
}

/** What a reader has to know to read the scores rightly. */
function Notices({ report }: { report: Report }) {
  const t = useText();
  if (report.notices.length === 0) return null;
  return (
    <Panel title={t("report.notices")}>
      <ul className={css.notices} lang={LOCALES[report.language]}>
        {report.notices.map((notice) => (
          <li key={notice}>{notice}</li>
        ))}
      </ul>
    </Panel>
  );
}

function Points({ title, lang, items }: { title: string; lang: string; items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul lang={lang}>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </div>
  );
}

function Stamp({ report }: { report: Report }) {
  const t = useText();
  const format = useFormat();
  const by = report.scorecard.produced_by;
  return (
    <div className={css.stamp}>
      <span>{t("report.generated", { date: format.dateTime(report.generated_at) })}</span>
      <span>
        {t("report.produced_by", {
          engine: [by.engine, by.version, by.model].filter(Boolean).join(" "),
          rubric: `${report.rubric.rubric_id} ${report.rubric.version}`,
        })}
      </span>
    </div>
  );
}

function Loaded({ report, onSubmitted }: { report: Report; onSubmitted: () => void }) {
  const t = useText();
  const [active, setActive] = useState<string | null>(null);
  const [jumps, setJumps] = useState(0);
  const [judging, setJudging] = useState(false);
  const cited = useMemo(() => citations(report.scorecard.criteria), [report]);
  const pdf = usePdf(report);
  const clips = useClip();
  const jump = (citation: string) => {
    setActive(citation);
    setJumps((count) => count + 1);
  };
  const back = () => {
    const quote = active === null ? null : document.getElementById(quoteId(active));
    quote?.scrollIntoView({ block: "center", behavior: scrollBehavior() });
    quote?.focus({ preventScroll: true });
    setActive(null);
  };
  const { sealed, summary } = report;
  const mayJudge = !sealed && report.own_scorecards.length === 0;

  return (
    <Page>
      <PageHead
        title={summary.candidate_name || t("report.title")}
        aside={sealed ? <Badge>{t("report.sealed")}</Badge> : undefined}
        text={[t("report.title"), summary.role].filter(Boolean).join(" · ")}
        back={
          <Link
            to="/interviews/$id"
            params={{ id: report.session_id }}
            style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}
          >
            <BackIcon size={16} />
            {t("report.back")}
          </Link>
        }
        actions={
          sealed ? undefined : (
            <>
              <Button variant="default" onClick={() => window.print()}>
                {t("report.print")}
              </Button>
              <Button leftSection={<DownloadIcon />} loading={pdf.isPending} onClick={() => pdf.mutate()}>
                {t("report.pdf")}
              </Button>
            </>
          )
        }
      />
      <div className={css.columns}>
        <div className={css.main}>
          {pdf.isError && (
            <Notice tone="danger" role="alert">
              {failureText(t, pdf.error)}
            </Notice>
          )}
          {sealed && (
            <Notice tone="accent" icon={<LockIcon />}>
              <strong>{t("report.sealed_title")}</strong> {t("report.sealed_text")}
            </Notice>
          )}
          <Summary report={report} />
          <Notices report={report} />
          {sealed ? (
            <OwnScorecardForm report={report} onSubmitted={onSubmitted} />
          ) : (
            <>
              <Comparison report={report} />
              <ScorecardView report={report} active={active} onJump={jump} onHear={setActive} clips={clips} />
              <Panel title={t("report.charts")}>
                <div className={css.charts}>
                  <div>
                    <h3>{t("report.radar")}</h3>
                    <RadarChart report={report} />
                  </div>
                  <div>
                    <h3>{t("report.timeline")}</h3>
                    <TimelineChart report={report} />
                  </div>
                </div>
              </Panel>
              {mayJudge && !judging && (
                <div className={css.noPrint}>
                  <Button variant="default" onClick={() => setJudging(true)}>
                    {t("own.add")}
                  </Button>
                </div>
              )}
              {mayJudge && judging && <OwnScorecardForm report={report} onSubmitted={onSubmitted} />}
              <Stamp report={report} />
            </>
          )}
        </div>
        <Transcript report={report} cited={cited} active={active} jumps={jumps} onBack={back} clips={clips} />
      </div>
    </Page>
  );
}

export default function ReportPage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/interviews/$id/report" });
  const report = useQuery({
    queryKey: ["reports", id],
    queryFn: ({ signal }) => showReport(id, signal),
    staleTime: 60_000,
    refetchInterval: (query) => (isPending(query.state.error) ? PENDING_EVERY_MS : false),
  });
  if (report.data !== undefined) {
    return <Loaded report={report.data} onSubmitted={() => void report.refetch()} />;
  }
  if (report.isPending) {
    return (
      <Page>
        <Loading lines={5} />
      </Page>
    );
  }
  if (isPending(report.error)) {
    const { info, message } = report.error as ApiError;
    const unconfirmed = info["reason"] === "report_unconfirmed";
    return (
      <Page>
        <div role="status">
          <State heading="h1" title={t(unconfirmed ? "report.waiting" : "report.pending")} mood="thinking">
            {unconfirmed ? message : t("report.pending_text")}
          </State>
        </div>
      </Page>
    );
  }
  return (
    <Page>
      <Failure error={report.error} onRetry={() => void report.refetch()} heading="h1" />
    </Page>
  );
}
