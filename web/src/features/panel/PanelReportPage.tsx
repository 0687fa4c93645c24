import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { ApiError } from "@/api/http";
import { panelReportFile, type PanelReport, REPORT_FILES, type ReportFile, showPanelReport } from "@/api/panels";
import { useClip } from "@/audio/useClip";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { DownloadIcon } from "@/ui/icons";
import { scrollBehavior } from "@/ui/motion";
import { Badge, Facts, Loading, Notice, Page, PageHead, Panel, State } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import { BackToPanel } from "./Back";
import { CandidateReport } from "./CandidateReport";
import css from "./Panel.module.css";
import { citedSpans } from "./reportModel";
import { Questions, ReportNotes, ReportTranscript, TalkTime } from "./ReportParts";
import { labelText } from "./words";

const PENDING_EVERY_MS = 2_500;
const isPending = (error: unknown) => error instanceof ApiError && error.code === "conflict";

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function Downloads({ report }: { report: PanelReport }) {
  const t = useText();
  const fetching = useMutation({
    mutationFn: async ({ file, candidate, name }: { file: ReportFile; candidate: string; name: string }) =>
      save(await panelReportFile("staff", report.session_id, file, candidate), `${name}.${file}`),
  });
  const tables = REPORT_FILES.filter((file) => file !== "pdf");
  return (
    <div className={css.downloads}>
      {report.candidates.map(({ speaker_id, speaker }) => (
        <Button
          key={speaker_id}
          size="sm"
          variant="default"
          leftSection={<DownloadIcon size={16} />}
          onClick={() => fetching.mutate({ file: "pdf", candidate: speaker_id, name: `report-${speaker}` })}
        >
          PDF: {labelText(t, speaker)}
        </Button>
      ))}
      {tables.map((file) => (
        <Button
          key={file}
          size="sm"
          variant="default"
          leftSection={<DownloadIcon size={16} />}
          onClick={() => fetching.mutate({ file, candidate: "", name: `report-${report.session_id}` })}
        >
          {file.toUpperCase()}
        </Button>
      ))}
      {fetching.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, fetching.error)}
        </Notice>
      )}
    </div>
  );
}

function Loaded({ report, onChanged }: { report: PanelReport; onChanged: () => void }) {
  const t = useText();
  const format = useFormat();
  const clips = useClip();
  const spans = useMemo(() => citedSpans(report), [report]);
  const [jumped, setJumped] = useState<string | null>(null);
  const active = clips.active ?? jumped;
  const { summary } = report;
  const jump = (citation: string) => {
    setJumped(citation);
    const mark = document.querySelector<HTMLElement>(`mark[data-cites~="${CSS.escape(citation)}"]`);
    mark?.scrollIntoView({ block: "center", behavior: scrollBehavior() });
    mark?.focus({ preventScroll: true });
  };
  return (
    <Page>
      <PageHead
        title={t("panel.report")}
        aside={report.sealed ? <Badge>{t("report.sealed")}</Badge> : undefined}
        text={report.candidates.map(({ speaker }) => labelText(t, speaker)).join(" · ")}
        back={<BackToPanel id={report.session_id} />}
      />
      <div className={css.reportColumns}>
        <div className={css.fields}>
          <Downloads report={report} />
          <Panel title={t("report.summary")}>
            <Facts
              items={[
                { name: t("report.date"), value: format.dateTime(summary.started_at) },
                { name: t("report.duration"), value: clockText(summary.duration_s) },
                { name: t("report.questions"), value: summary.questions_asked },
                { name: t("report.answers"), value: summary.answers },
                { name: t("report.words"), value: format.number(summary.words) },
              ]}
            />
          </Panel>
          {report.candidates.length === 0 && <Notice>{t("panel.no_candidates")}</Notice>}
          {report.candidates.map((candidate) => (
            <CandidateReport
              key={candidate.speaker_id}
              report={report}
              candidate={candidate}
              clips={clips}
              onJump={jump}
              onChanged={onChanged}
            />
          ))}
          <TalkTime report={report} />
          <Questions report={report} />
          <ReportNotes report={report} />
          {report.notices.length > 0 && (
            <Panel title={t("report.notices")}>
              <ul className={css.suggestions} lang={LOCALES[report.language]}>
                {report.notices.map((notice) => (
                  <li key={notice}>{notice}</li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
        <div className={css.side} tabIndex={0} role="group" aria-label={t("panel.transcript")}>
          <ReportTranscript report={report} spans={spans} active={active} clips={clips} />
        </div>
      </div>
    </Page>
  );
}

/** What a hiring team decides from. */
export default function PanelReportPage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/panels/$id/report" });
  const report = useQuery({
    queryKey: ["reports", id, "panel"],
    queryFn: ({ signal }) => showPanelReport("staff", id, signal),
    staleTime: 60_000,
    refetchInterval: (query) => (isPending(query.state.error) ? PENDING_EVERY_MS : false),
  });
  if (report.data !== undefined) return <Loaded report={report.data} onChanged={() => void report.refetch()} />;
  if (report.isPending) {
    return (
      <Page>
        <Loading lines={5} />
      </Page>
    );
  }
  if (isPending(report.error)) {
    return (
      <Page>
        <div role="status">
          <State heading="h1" title={t("report.pending")} mood="thinking">
            {t("report.pending_text")}
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
