import { VisuallyHidden } from "@mantine/core";
import { useRoom } from "@/connection/room";
import { type Question, questionAge, questionLeft } from "@/protocol/roomState";
import { clockText, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useNow } from "./useNow";

const SPOKEN_S = [60, 30, 10] as const;

/** How long a question has been open, or how much time is left. It stands while the room does. */
export function QuestionClock({ question }: { question: Question }) {
  const t = useText();
  const clock = useRoom((room) => room.clock);
  const now = Math.max(useNow(clock.running), clock.read_at);
  const left = questionLeft(question, clock, now);
  if (left === null || question.limit_s === null) {
    return (
      <span className={css.clock}>
        {t("room.open_for")} <strong>{clockText(questionAge(question, clock, now))}</strong>
      </span>
    );
  }
  const seconds = Math.ceil(left);
  const spoken = SPOKEN_S.findLast((mark) => seconds <= mark && mark < (question.limit_s ?? 0));
  return (
    <span className={css.clock} data-late={seconds === 0} data-soon={seconds > 0 && seconds <= 30}>
      {seconds === 0 ? (
        <strong>{t("room.time_up")}</strong>
      ) : (
        <>
          {t("room.time_left")} <strong>{clockText(seconds)}</strong>
        </>
      )}
      <span className={css.clockBar} aria-hidden="true">
        <i style={{ transform: `scaleX(${left / question.limit_s})` }} />
      </span>
      <VisuallyHidden>
        <span role="status">
          {seconds === 0 ? t("room.time_up") : spoken === undefined ? "" : t("room.seconds_left", { count: spoken })}
        </span>
      </VisuallyHidden>
    </span>
  );
}
