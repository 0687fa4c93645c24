import type { CriterionScore, Report } from "@/api/types";
import type { Clips } from "@/audio/useClip";
import { audible } from "@/protocol/audible";
import { QuoteIcon } from "@/ui/icons";
import { LevelMeter, Panel } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import { citationId } from "./model";
import { PlayButton } from "./PlayButton";
import css from "./Report.module.css";
import { quoteId } from "./Transcript";

interface CriterionProps {
  criterion: CriterionScore;
  report: Report;
  active: string | null;
  onJump: (citation: string) => void;
  /** It is being heard: it is marked in the transcript, and the focus stays where it is. */
  onHear: (citation: string) => void;
  clips: Clips;
}

function Quotes({ criterion, report, active, onJump, onHear, clips }: CriterionProps) {
  const t = useText();
  const said = new Map(report.transcript.map((utterance) => [utterance.utterance_id, utterance]));
  return (
    <ul className={css.quotes} aria-label={t("report.evidence")}>
      {criterion.evidence.map((evidence, index) => {
        const id = citationId(criterion.criterion_id, index);
        const utterance = said.get(evidence.utterance_id);
        const start = utterance?.start;
        const places = audible(utterance?.audio ?? [], evidence.start, evidence.end);
        return (
          <li key={id} className={css.quoteRow} data-heard={clips.active === id}>
            <button
              type="button"
              id={quoteId(id)}
              className={css.quote}
              aria-pressed={active === id}
              onClick={() => onJump(id)}
            >
              <QuoteIcon size={16} />
              <span lang={LOCALES[report.language]}>{evidence.quote}</span>
              <small>
                {start === undefined ? t("report.show_quote") : t("report.show_quote_at", { time: clockText(start) })}
              </small>
            </button>
            {places.length > 0 && (
              <PlayButton
                id={id}
                places={places}
                report={report}
                clips={clips}
                label={t("report.play")}
                onPlay={() => onHear(id)}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function CriterionView(props: CriterionProps) {
  const { criterion, report } = props;
  const t = useText();
  const format = useFormat();
  const insufficient = criterion.verdict === "insufficient_evidence" || criterion.level === null;
  const lang = LOCALES[report.language];
  return (
    <article className={css.criterion} aria-labelledby={`criterion-${criterion.criterion_id}`}>
      <div className={css.criterionHead}>
        <h3 id={`criterion-${criterion.criterion_id}`} lang={lang}>
          {criterion.name}
        </h3>
        <span className={css.levelText}>
          <LevelMeter level={insufficient ? null : criterion.level} />
          {insufficient ? (
            t("report.insufficient")
          ) : (
            <span>
              {t("report.level", { level: criterion.level ?? 0 })}
              {criterion.confidence !== null && (
                <>
                  <br />
                  <small>{t("report.confidence", { confidence: format.percent(criterion.confidence) })}</small>
                </>
              )}
            </span>
          )}
        </span>
      </div>
      {insufficient ? (
        <div className={css.insufficient}>
          {t("report.insufficient_text")}
          {criterion.rationale !== null && criterion.rationale !== "" && <p lang={lang}>{criterion.rationale}</p>}
        </div>
      ) : (
        <>
          {criterion.anchor !== null && criterion.anchor !== "" && (
            <p className={css.anchor} lang={lang}>
              {criterion.anchor}
            </p>
          )}
          {criterion.rationale !== null && criterion.rationale !== "" && (
            <p className={css.rationale} lang={lang}>
              {criterion.rationale}
            </p>
          )}
        </>
      )}
      {criterion.evidence.length > 0 && <Quotes {...props} />}
      {criterion.feedback !== null && criterion.feedback !== "" && (
        <p className={css.feedback}>
          <strong>{t("report.feedback")}</strong> <span lang={lang}>{criterion.feedback}</span>
        </p>
      )}
      {criterion.keywords.length > 0 && (
        <p className={css.keywords}>
          {t("report.keywords")} <span lang={lang}>{criterion.keywords.join(" · ")}</span>
        </p>
      )}
    </article>
  );
}

export function ScorecardView({ report, active, onJump, onHear, clips }: Omit<CriterionProps, "criterion">) {
  const t = useText();
  return (
    <Panel title={t("report.scorecard")} hint={t("report.draft_hint")}>
      {report.scorecard.criteria.map((criterion) => (
        <CriterionView
          key={criterion.criterion_id}
          criterion={criterion}
          report={report}
          active={active}
          onJump={onJump}
          onHear={onHear}
          clips={clips}
        />
      ))}
    </Panel>
  );
}
