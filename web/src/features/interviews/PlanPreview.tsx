import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { previewPlan } from "@/api/client";
import type { InterviewRequest } from "@/api/types";
import { Failure } from "@/ui/Failure";
import { Loading, Panel } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import css from "./NewPage.module.css";

const TYPING_PAUSE_MS = 500;

/** What the interviewer would ask, made anew while the form is filled in. */
export function PlanPreview({ request }: { request: InterviewRequest }) {
  const t = useText();
  const format = useFormat();
  const [settled] = useDebouncedValue(request, TYPING_PAUSE_MS);
  const plan = useQuery({
    queryKey: ["plan-preview", settled],
    queryFn: ({ signal }) => previewPlan(settled, signal),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  const parts = plan.data?.competencies ?? [];
  return (
    <Panel title={t("plan.title")} hint={t("plan.minutes", { count: request.duration_minutes })}>
      {plan.isPending && <Loading lines={3} />}
      {plan.isError && parts.length === 0 && <Failure error={plan.error} onRetry={() => void plan.refetch()} />}
      {plan.isSuccess && parts.length === 0 && <p className={css.why}>{t("plan.empty")}</p>}
      {parts.length > 0 && (
        <>
          <div className={css.bar} aria-hidden="true">
            {parts.map((part, index) => (
              <i key={part.competency} style={{ flexGrow: part.minutes, opacity: 1 - (index / parts.length) * 0.65 }} />
            ))}
          </div>
          <ol className={css.plan} aria-busy={plan.isFetching} lang={LOCALES[request.language]}>
            {parts.map((part) => (
              <li key={part.competency}>
                <div className={css.planHead}>
                  {part.name}
                  <span>{t("plan.about_minutes", { minutes: format.number(Math.max(1, Math.round(part.minutes))) })}</span>
                </div>
                <p className={css.why}>{part.why}</p>
                {part.questions.slice(0, 2).map((question) => (
                  <p key={question.question_id} className={css.question}>
                    {question.text}
                  </p>
                ))}
              </li>
            ))}
          </ol>
        </>
      )}
    </Panel>
  );
}
