import { useQuery } from "@tanstack/react-query";
import { listScorecards, showRubric, submitPanelScorecard } from "@/api/panels";
import type { Place } from "@/api/credentials";
import { usePanel, usePanelConnection } from "@/connection/panel";
import type { Language } from "@/protocol/messages";
import { candidatesOf } from "@/protocol/panel";
import { Failure } from "@/ui/Failure";
import { CheckIcon } from "@/ui/icons";
import { Loading } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Panel.module.css";
import { criterionIn } from "./rubricText";
import { ScorecardFields } from "./ScorecardFields";
import { nameOf } from "./words";

export interface OwnScorecardsProps {
  place: Place;
  language: Language;
  rubric: { rubric_id: string; version: string };
}

/** The viewer's own scorecards, one a candidate; each is handed in once. */
export function OwnScorecards({ place, language, rubric }: OwnScorecardsProps) {
  const t = useText();
  const { sessionId, userId } = usePanelConnection();
  const candidates = candidatesOf(usePanel((panel) => panel)).filter(({ withdrew }) => !withdrew);
  const revision = usePanel((panel) => panel.revision);
  const pinned = useQuery({
    queryKey: ["rubrics", rubric.rubric_id, rubric.version, place],
    queryFn: ({ signal }) => showRubric(place, rubric.rubric_id, rubric.version, signal),
    staleTime: Infinity,
  });
  const given = useQuery({
    queryKey: ["sessions", sessionId, "scorecards", place, revision],
    queryFn: ({ signal }) => listScorecards(place, sessionId, signal),
    placeholderData: (before) => before,
  });
  if (candidates.length === 0) return <p className={css.none}>{t("panel.no_candidates")}</p>;
  if (pinned.isError) return <Failure error={pinned.error} onRetry={() => void pinned.refetch()} />;
  if (given.isError) return <Failure error={given.error} onRetry={() => void given.refetch()} />;
  if (pinned.isPending || given.isPending) return <Loading lines={2} />;
  const criteria = pinned.data.criteria.map((criterion) => criterionIn(criterion, language));
  const own = new Map(given.data.items.filter(({ author_id }) => author_id === userId).map((card) => [card.subject, card]));
  return (
    <div className={css.own}>
      {candidates.map((speaker) => {
        const name = nameOf(t, speaker);
        const card = own.get(speaker.speaker_id);
        if (card !== undefined) {
          return (
            <p key={speaker.speaker_id} className={css.handedIn}>
              <CheckIcon size={16} /> <b>{name}</b> {t(`recommendation.${card.recommendation}`)}
            </p>
          );
        }
        return (
          <details key={speaker.speaker_id}>
            <summary>{t("panel.judge", { name })}</summary>
            <ScorecardFields
              draft={`panel-scorecard.${sessionId}.${speaker.speaker_id}`}
              criteria={criteria}
              language={language}
              submitText={t("own.submit")}
              submit={(body) => submitPanelScorecard(place, sessionId, { ...body, candidate: speaker.speaker_id })}
              onDone={() => void given.refetch()}
            />
          </details>
        );
      })}
    </div>
  );
}
