import { Button } from "@mantine/core";
import { useState } from "react";
import { usePanel, usePanelConnection } from "@/connection/panel";
import type { Language } from "@/protocol/messages";
import { candidatesOf } from "@/protocol/panel";
import type { EvaluationItem, SpeakerItem } from "@/protocol/panelMessages";
import type { CriterionScore } from "@/protocol/scores";
import { LockIcon } from "@/ui/icons";
import { LevelMeter, Notice } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { type Moment, Trend } from "./Trend";
import { nameOf } from "./words";

const momentOf = ({ at_s, score, criteria }: EvaluationItem): Moment => ({
  at_s,
  overall: score,
  scores: Object.fromEntries(criteria.map((criterion) => [criterion.criterion_id, criterion.score])),
});

function Criterion({ criterion, lang }: { criterion: CriterionScore; lang: string }) {
  const t = useText();
  const format = useFormat();
  const judged = criterion.verdict === "scored" && criterion.score !== null;
  return (
    <li>
      <div className={css.criterion}>
        <span lang={lang}>{criterion.name}</span>
        <LevelMeter level={judged ? criterion.level : null} />
        <b data-none={!judged}>{judged ? format.number(criterion.score ?? 0, 1) : t("report.insufficient")}</b>
      </div>
      {criterion.feedback !== null && criterion.feedback !== "" && (
        <p className={css.feedback} lang={lang}>
          {criterion.feedback}
        </p>
      )}
      {criterion.evidence.slice(0, 2).map(({ utterance_id, start, quote }) => (
        <q key={`${utterance_id}:${start}`} lang={lang}>
          {quote}
        </q>
      ))}
    </li>
  );
}

function Candidate({ speaker, given, language }: { speaker: SpeakerItem; given: readonly EvaluationItem[]; language: Language }) {
  const t = useText();
  const format = useFormat();
  const name = nameOf(t, speaker);
  const newest = speaker.withdrew ? undefined : given.at(-1);
  return (
    <article className={css.candidate} data-candidate={speaker.speaker_id}>
      <header>
        <h3>{name}</h3>
        {newest !== undefined && !newest.sealed && (
          <span className={css.overall}>
            <LevelMeter level={newest.score === null ? null : Math.round(newest.score)} />
            {newest.score === null ? t("report.insufficient") : t("panel.of_five", { score: format.number(newest.score, 1) })}
          </span>
        )}
      </header>
      {speaker.withdrew && <Notice tone="warn">{t("panel.withdrew")}</Notice>}
      {newest === undefined && !speaker.withdrew && <p className={css.none}>{t("panel.not_judged")}</p>}
      {newest?.sealed === true && (
        <Notice tone="accent" icon={<LockIcon />}>
          {t("panel.sealed", { time: clockText(newest.at_s) })}
        </Notice>
      )}
      {newest !== undefined && !newest.sealed && (
        <>
          <p className={css.none}>{t(newest.final ? "panel.final_at" : "panel.provisional", { time: clockText(newest.at_s) })}</p>
          <Trend name={name} moments={given.map(momentOf)} criteria={newest.criteria} language={language} />
          <ul className={css.criteria}>
            {newest.criteria.map((criterion) => (
              <Criterion key={criterion.criterion_id} criterion={criterion} lang={LOCALES[language]} />
            ))}
          </ul>
        </>
      )}
    </article>
  );
}

/** What each candidate has shown so far, as the server judges it. */
export function Evaluations({ language, acting }: { language: Language; acting: boolean }) {
  const t = useText();
  const { ask, connection } = usePanelConnection();
  const panel = usePanel((whole) => whole);
  const [busy, setBusy] = useState(false);
  const candidates = candidatesOf(panel);
  const judge = async () => {
    setBusy(true);
    await ask("evaluation_request");
    setBusy(false);
  };
  return (
    <div className={css.evaluations}>
      {acting && (
        <Button size="compact-sm" variant="default" loading={busy} disabled={connection.name !== "connected"} onClick={() => void judge()}>
          {t("panel.judge_now")}
        </Button>
      )}
      {candidates.length === 0 && <p className={css.none}>{t("panel.no_candidates")}</p>}
      {candidates.map((speaker) => (
        <Candidate key={speaker.speaker_id} speaker={speaker} given={panel.evaluations[speaker.speaker_id] ?? []} language={language} />
      ))}
    </div>
  );
}
