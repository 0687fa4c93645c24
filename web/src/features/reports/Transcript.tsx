import { Button, VisuallyHidden } from "@mantine/core";
import { Fragment, useEffect, useMemo, useRef } from "react";
import type { Report, Utterance } from "@/api/types";
import type { Clips } from "@/audio/useClip";
import { segments, type Span } from "@/protocol/spans";
import { BackIcon } from "@/ui/icons";
import { scrollBehavior } from "@/ui/motion";
import { clockText, LOCALES, useText } from "@/ui/text";
import { type Citation, moveOf, spansByUtterance } from "./model";
import { PlayButton } from "./PlayButton";
import css from "./Report.module.css";

export const markId = (citation: string) => `mark-${citation}`;
export const quoteId = (citation: string) => `quote-${citation}`;

interface TextProps {
  utterance: Utterance;
  spans: readonly Span[];
  cited: ReadonlyMap<string, Citation>;
  active: string | null;
}

/** The text with its cited spans marked; overlapping citations share a stretch. */
function MarkedText({ utterance, spans, cited, active }: TextProps) {
  const t = useText();
  const named = new Set<string>();
  return (
    <p>
      {segments(utterance.text, spans).map((segment, index) => {
        if (segment.ids.length === 0) return <Fragment key={index}>{segment.text}</Fragment>;
        const first = segment.ids.find((id) => !named.has(id));
        segment.ids.forEach((id) => named.add(id));
        const criteria = [...new Set(segment.ids.map((id) => cited.get(id)?.criterion ?? ""))].join(", ");
        return (
          <mark
            key={index}
            id={first === undefined ? undefined : markId(first)}
            tabIndex={-1}
            data-active={active !== null && segment.ids.includes(active)}
            title={t("report.evidence_for", { criteria })}
          >
            {first !== undefined && <VisuallyHidden>{t("report.evidence_for", { criteria })}: </VisuallyHidden>}
            {segment.text}
          </mark>
        );
      })}
    </p>
  );
}

export interface TranscriptProps {
  report: Report;
  cited: readonly Citation[];
  active: string | null;
  /** Rises with every jump, so that the same quotation can be jumped to twice. */
  jumps: number;
  onBack: () => void;
  clips: Clips;
}

export function Transcript({ report, cited, active, jumps, onBack, clips }: TranscriptProps) {
  const t = useText();
  const byId = useMemo(() => new Map(cited.map((citation) => [citation.id, citation])), [cited]);
  const spans = useMemo(() => spansByUtterance(cited), [cited]);
  const box = useRef<HTMLElement>(null);
  const current = active === null ? undefined : byId.get(active);

  const jumped = useRef(0);
  useEffect(() => {
    if (active === null) return;
    const own = document.getElementById(markId(active));
    const target = own ?? box.current?.querySelector<HTMLElement>('mark[data-active="true"]');
    target?.scrollIntoView({ block: "center", behavior: scrollBehavior() });
    if (jumps !== jumped.current) target?.focus({ preventScroll: true });
    jumped.current = jumps;
  }, [active, jumps]);

  return (
    // It scrolls on its own where there is room beside the scorecard, so it can be reached with the keyboard.
    <section ref={box} className={css.transcript} aria-labelledby="transcript-title" tabIndex={0}>
      <div className={css.transcriptHead}>
        <h2 id="transcript-title">{t("report.transcript")}</h2>
        {current !== undefined && (
          <Button size="compact-sm" variant="default" leftSection={<BackIcon size={14} />} onClick={onBack}>
            {t("report.back_to", { criterion: current.criterion })}
          </Button>
        )}
      </div>
        <ol className={css.utterances} lang={LOCALES[report.language]}>
          {report.transcript.map((utterance) => {
            const move = moveOf(utterance, report.timeline);
            return (
              <li
                key={utterance.utterance_id}
                data-speaker={utterance.speaker}
                data-heard={clips.active === utterance.utterance_id}
              >
                <header>
                  <span>
                    {utterance.speaker === "candidate"
                      ? report.summary.candidate_name || t("role.candidate")
                      : utterance.speaker === "interviewer"
                        ? t("role.interviewer")
                        : utterance.speaker}
                  </span>
                  <time dateTime={`PT${Math.round(utterance.start)}S`}>{clockText(utterance.start)}</time>
                  {(utterance.audio ?? []).length > 0 && (
                    <PlayButton
                      id={utterance.utterance_id}
                      places={utterance.audio ?? []}
                      report={report}
                      clips={clips}
                      label={t("report.play_answer")}
                    />
                  )}
                </header>
                <MarkedText
                  utterance={utterance}
                  spans={spans.get(utterance.utterance_id) ?? []}
                  cited={byId}
                  active={active}
                />
                {(utterance.disputes ?? []).map((dispute) => (
                  <p key={dispute.at} className={css.disputed}>
                    {dispute.correction === ""
                      ? t("report.misheard")
                      : t("report.corrected", { heard: dispute.heard })}
                  </p>
                ))}
                {move !== null && move.reason !== "" && (
                  <p className={css.why}>
                    {t("detail.why", {
                      reason:
                        move.strategy === "" ? move.reason : `${t(`strategy.${move.strategy}`)} – ${move.reason}`,
                    })}
                  </p>
                )}
              </li>
            );
          })}
        </ol>
    </section>
  );
}
