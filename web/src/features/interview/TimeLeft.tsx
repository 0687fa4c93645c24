import { VisuallyHidden } from "@mantine/core";
import { useEffect, useState } from "react";
import { type Clock, remaining } from "@/protocol/clock";
import { clockText, useText } from "@/ui/text";
import css from "./Conversation.module.css";

const SPOKEN_MINUTES = [5, 1] as const;

/** The time left; it stands while the candidate is away, and says so. */
export function TimeLeft({ clock }: { clock: Clock }) {
  const t = useText();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!clock.running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [clock]);

  // The reading may be newer than the last tick.
  const left = remaining(clock, Math.max(now, clock.read_at));
  if (left === null) return null;
  const spoken = SPOKEN_MINUTES.findLast((minutes) => left <= minutes * 60 && left > 0);
  return (
    <span className={css.time}>
      <span className={css.timeLabel}>{t("conversation.time_left")}</span> <strong>{clockText(Math.ceil(left))}</strong>
      {!clock.running && ` · ${t("conversation.clock_stopped")}`}
      <VisuallyHidden>
        <span role="status">{spoken === undefined ? "" : t("conversation.minutes_left", { count: spoken })}</span>
      </VisuallyHidden>
    </span>
  );
}
