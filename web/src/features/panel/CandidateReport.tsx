import { useState } from "react";
import { Button } from "@mantine/core";
import { adjudicate, type PanelReport, type ReportCandidate, submitPanelScorecard } from "@/api/panels";
import { credentialsOf } from "@/api/credentials";
import type { CriterionScore } from "@/api/types";
import type { Clips } from "@/audio/useClip";
import { audible } from "@/protocol/audible";
import { LockIcon, QuoteIcon } from "@/ui/icons";
import { LevelMeter, Notice, Panel } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { agreedDraft, citationId, compared } from "./reportModel";
import { Play } from "./ReportParts";
import { ScorecardFields } from "./ScorecardFields";
import { Trend } from "./Trend";
import { labelText } from "./words";

export interface CandidateReportProps {
  report: PanelReport;
  candidate: ReportCandidate;
  clips: Clips;
  onJump: (citation: string) => void;
  onChanged: () => void;
}

function Quotes({ report, candidate, criterion, clips, onJump }: Omit<CandidateReportProps, "onChanged"> & { criterion: CriterionScore }) {
  const t = useText();
  return (
    <ul className={css.quotes} aria-label={t("report.evidence")}>
      {criterion.evidence.map((evidence, index) => {
        const id = citationId(candidate.speaker_id, criterion.criterion_id, index);
        const line = report.transcript.find(({ utterance_id }) => utterance_id === evidence.utterance_id);
        const time = line === undefined ? "" : clockText(line.start);
        return (
          <li key={id}>
            <button type="button" onClick={() => onJump(id)} data-quote={id}>
              <QuoteIcon size={16} />
              <span lang={LOCALES[report.language]}>{evidence.quote}</span>
              <small>{t("report.show_quote_at", { time })}</small>
            </button>
            <Play
              id={id}
              label={t("report.play")}
              report={report}
              places={audible(line?.audio ?? [], evidence.start, evidence.end)}
              clips={clips}
            />
          </li>
        );
      })}
    </ul>
  );
}

function Criterion(props: Omit<CandidateReportProps, "onChanged"> & { criterion: CriterionScore }) {
  const { criterion, report } = props;
  const t = useText();
  const format = useFormat();
  const lang = LOCALES[report.language];
  const judged = criterion.verdict === "scored" && criterion.score !== null;
  return (
    <article className={css.judged}>
      <header>
        <h3 lang={lang}>{criterion.name}</h3>
        <LevelMeter level={judged ? criterion.level : null} />
        <b data-none={!judged}>{judged ? t("panel.of_five", { score: format.number(criterion.score ?? 0, 1) }) : t("report.insufficient")}</b>
        {judged && criterion.confidence !== null && (
          <small>{t("report.confidence", { confidence: format.percent(criterion.confidence) })}</small>
        )}
      </header>
      {(criterion.rationale ?? "") !== "" && <p lang={lang}>{criterion.rationale}</p>}
      {criterion.evidence.length > 0 && <Quotes {...props} />}
      {(criterion.feedback ?? "") !== "" && (
        <p className={css.feedback}>
          <strong>{t("report.feedback")}</strong> <span lang={lang}>{criterion.feedback}</span>
        </p>
      )}
    </article>
  );
}

function Comparison({ report, candidate }: { report: PanelReport; candidate: ReportCandidate }) {
  const t = useText();
  const format = useFormat();
  const number = (mark: number | null) => (mark === null ? t("report.insufficient") : format.number(mark, Number.isInteger(mark) ? 0 : 1));
  if (candidate.own_scorecards.length === 0) return null;
  return (
    <section>
      <h3>{t("compare.title")}</h3>
      <div className={css.scroll} tabIndex={0} role="group" aria-label={t("compare.title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("report.competency")}</th>
              {candidate.own_scorecards.map((card) => (
                <th key={card.scorecard_id} scope="col">
                  {card.author_name || t("compare.you")}
                </th>
              ))}
              <th scope="col">{t("compare.ai")}</th>
              <th scope="col">{t("panel.spread")}</th>
              {candidate.adjudication !== null && <th scope="col">{t("panel.agreed")}</th>}
            </tr>
          </thead>
          <tbody>
            {compared(report, candidate).map((row) => (
              <tr key={row.criterion_id}>
                <th scope="row" lang={LOCALES[report.language]}>
                  {row.name}
                </th>
                {row.human.map((mark, index) => (
                  <td key={index}>{number(mark)}</td>
                ))}
                <td>{number(row.ai)}</td>
                <td>{row.spread === null ? "–" : format.number(row.spread, 1)}</td>
                {row.agreed !== undefined && <td>{number(row.agreed)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className={css.opinions}>
        {candidate.own_scorecards.map((card) => (
          <li key={card.scorecard_id}>
            <b>
              {card.author_name || t("compare.you")}: {t(`recommendation.${card.recommendation}`)}
            </b>{" "}
            {card.comment}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Agreement({ report, candidate, onChanged }: { report: PanelReport; candidate: ReportCandidate; onChanged: () => void }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const agreed = candidate.adjudication;
  return (
    <section className={css.agreement}>
      {agreed !== null && (
        <Notice tone="accent">
          <b>{t("panel.agreed_on", { recommendation: t(`recommendation.${agreed.recommendation}`) })}</b>{" "}
          {t("panel.agreed_by", { name: agreed.by_name })} {agreed.comment}
        </Notice>
      )}
      {open ? (
        <ScorecardFields
          draft={`panel-agreed.${report.session_id}.${candidate.speaker_id}`}
          initial={agreedDraft(candidate, report.rubric.criteria)}
          criteria={report.rubric.criteria}
          language={report.language}
          submitText={t("panel.agree_submit")}
          submit={(body) => adjudicate("staff", report.session_id, { ...body, candidate: candidate.speaker_id })}
          onDone={() => {
            setOpen(false);
            onChanged();
          }}
        />
      ) : (
        <Button variant="default" onClick={() => setOpen(true)}>
          {t(agreed === null ? "panel.agree" : "panel.agree_again")}
        </Button>
      )}
    </section>
  );
}

/** One candidate: scores beside what they rest on, how they came about, what people think, and what was agreed on. */
export function CandidateReport(props: CandidateReportProps) {
  const { report, candidate, onChanged } = props;
  const t = useText();
  const format = useFormat();
  const { scorecard } = candidate;
  const name = labelText(t, candidate.speaker);
  const me = credentialsOf("staff")?.user.user_id;
  const judged = candidate.own_scorecards.some(({ author_id }) => author_id === me);
  const own = (
    <ScorecardFields
      draft={`panel-scorecard.${report.session_id}.${candidate.speaker_id}`}
      criteria={report.rubric.criteria}
      language={report.language}
      submitText={t("own.submit")}
      submit={(body) => submitPanelScorecard("staff", report.session_id, { ...body, candidate: candidate.speaker_id })}
      onDone={onChanged}
    />
  );
  return (
    <Panel
      title={name}
      hint={
        scorecard === null || candidate.sealed ? undefined : scorecard.overall === null ? (
          t("report.overall_none")
        ) : (
          <span className={css.overall}>
            <LevelMeter level={Math.round(scorecard.overall)} />
            {t("panel.of_five", { score: format.number(scorecard.overall, 1) })}
          </span>
        )
      }
    >
      {candidate.sealed ? (
        <div className={css.fields}>
          <Notice tone="accent" icon={<LockIcon />}>
            <strong>{t("report.sealed_title")}</strong> {t("report.sealed_text")}
          </Notice>
          {own}
        </div>
      ) : (
        <>
          {scorecard === null && <p className={css.none}>{t("panel.not_judged")}</p>}
          <Trend name={name} moments={candidate.history} criteria={report.rubric.criteria} language={report.language} />
          {scorecard?.criteria.map((criterion) => <Criterion key={criterion.criterion_id} {...props} criterion={criterion} />)}
          <Comparison report={report} candidate={candidate} />
          {judged ? (
            <Agreement report={report} candidate={candidate} onChanged={onChanged} />
          ) : (
            <details className={css.own}>
              <summary>{t("panel.judge", { name })}</summary>
              {own}
            </details>
          )}
        </>
      )}
    </Panel>
  );
}
