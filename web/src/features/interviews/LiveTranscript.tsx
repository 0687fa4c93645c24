import { useEffect, useRef } from "react";
import type { Session } from "@/api/types";
import { useConversation } from "@/connection/dialogue";
import type { Line } from "@/protocol/conversation";
import { State, VoiceBars } from "@/ui/primitives";
import { clockText, LOCALES, type TextKey, useFormat, useText } from "@/ui/text";
import css from "./DetailPage.module.css";

const STRATEGIES: ReadonlySet<string> = new Set([
  "opening",
  "deep_dive",
  "clarify",
  "challenge",
  "pivot",
  "encourage",
  "wrap_up",
]);

function Why({ line }: { line: Line }) {
  const t = useText();
  const strategy = line.strategy !== null && STRATEGIES.has(line.strategy) ? (`strategy.${line.strategy}` as TextKey) : null;
  const name = strategy === null ? "" : t(strategy);
  // While the report is sealed the server keeps the reason back; the move alone says nothing about an answer.
  if (!line.reason) return name === "" ? null : <p className={css.why}>{name}</p>;
  return <p className={css.why}>{t("detail.why", { reason: [name, line.reason].filter(Boolean).join(" – ") })}</p>;
}

/** What is said, as it is said, for those who watch. */
export function LiveTranscript({ session }: { session: Session }) {
  const t = useText();
  const format = useFormat();
  const lines = useConversation((conversation) => conversation.lines);
  const reply = useConversation((conversation) => conversation.reply);
  const phase = useConversation((conversation) => conversation.phase);
  const end = useRef<HTMLDivElement>(null);
  const count = lines.length;
  const seen = useRef(count);

  // New lines are followed only by somebody who is at the end already: nobody is pulled away from what they read.
  useEffect(() => {
    if (count === seen.current) return;
    seen.current = count;
    const box = end.current?.getBoundingClientRect();
    if (box !== undefined && box.top < window.innerHeight + 200) end.current?.scrollIntoView({ block: "nearest" });
  }, [count]);

  if (lines.length === 0 && reply === null) {
    return (
      <State title={session.started_at === null ? t("detail.not_started") : t("detail.nothing_said")} mood="listening">
        {session.started_at === null ? t("detail.not_started_text") : undefined}
      </State>
    );
  }
  return (
    <>
      <ol className={css.lines} aria-live="polite" aria-relevant="additions" lang={LOCALES[session.language]}>
        {lines.map((line) => (
          <li key={line.key} className={css.line} data-role={line.role}>
            <div className={css.who}>
              {line.role === "candidate" ? session.candidate_name || t("role.candidate") : t("role.interviewer")}
              {line.at_s !== null ? (
                <time dateTime={`PT${Math.round(line.at_s)}S`}>{clockText(line.at_s)}</time>
              ) : (
                line.at !== null && <time dateTime={line.at}>{format.time(line.at)}</time>
              )}
            </div>
            <div>
              <p className={css.text}>{line.text}</p>
              {line.role === "interviewer" && <Why line={line} />}
            </div>
          </li>
        ))}
      </ol>
      <div ref={end} className={css.coming}>
        {reply !== null ? (
          <>
            <VoiceBars mood="speaking" />
            <span lang={LOCALES[session.language]}>{reply.text}</span>
          </>
        ) : (
          phase !== "waiting" && (
            <>
              <VoiceBars mood="thinking" />
              {t("conversation.thinking")}
            </>
          )
        )}
      </div>
    </>
  );
}
