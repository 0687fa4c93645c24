import { VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import type { Conversation, Line } from "@/protocol/conversation";
import type { Language } from "@/protocol/messages";
import { VoiceBars } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import css from "./Conversation.module.css";

export interface TranscriptProps {
  lines: readonly Line[];
  reply: Conversation["reply"];
  phase: Conversation["phase"];
  connected: boolean;
  thinking: boolean;
  language: Language;
  /** What has been understood so far of what the candidate is saying. */
  caption: string;
  /** What stands under a spoken line. */
  under: (line: Line) => ReactNode;
}

interface SaidProps extends Pick<TranscriptProps, "connected" | "language" | "under"> {
  line: Line;
  current: boolean;
}

function Said({ line, current, connected, language, under }: SaidProps) {
  const t = useText();
  const pending = line.state === "pending";
  return (
    <li className={css.line} data-role={line.role} data-current={current} data-pending={pending}>
      <VisuallyHidden>{t(line.role === "candidate" ? "conversation.you" : "role.interviewer")}: </VisuallyHidden>
      <div className={css.text} lang={LOCALES[language]}>
        {line.text}
      </div>
      {pending && (
        <span className={css.lineState}>{t(connected ? "conversation.sending" : "conversation.waiting_to_send")}</span>
      )}
      {under(line)}
    </li>
  );
}

/** The conversation so far. A reply appears while it is written; a screen reader gets it once, whole. */
export function Transcript({ lines, reply, phase, connected, thinking, language, caption, under }: TranscriptProps) {
  const t = useText();
  const lastQuestion = lines.findLast((line) => line.role === "interviewer");
  const current = reply === null ? lastQuestion?.key : undefined;
  return (
    <>
      <ol className={css.lines}>
        {lines.map((line) => (
          <Said key={line.key} line={line} current={line.key === current} connected={connected} language={language} under={under} />
        ))}
        {caption !== "" && (
          <li className={css.line} data-role="candidate" data-pending="true" data-caption="true" aria-hidden="true">
            <div className={css.text} lang={LOCALES[language]}>
              {caption}
            </div>
            <span className={css.lineState}>{t("voice.caption")}</span>
          </li>
        )}
        {reply !== null && (
          <li className={css.line} data-role="interviewer" data-current="true" aria-hidden="true">
            <div className={css.text} lang={LOCALES[language]}>
              {reply.text}
            </div>
          </li>
        )}
      </ol>
      <VisuallyHidden>
        <div role="log" aria-live="polite" lang={LOCALES[language]}>
          {lastQuestion?.text}
        </div>
      </VisuallyHidden>
      {thinking ? (
        <div className={css.calm} role="status">
          <strong>{t("conversation.think_title")}</strong>
          {t("conversation.think_text")}
        </div>
      ) : (
        <div className={css.mood} role="status">
          <VoiceBars
            mood={reply !== null ? "speaking" : phase === "processing" || phase === "thinking" ? "thinking" : "listening"}
          />
          {!connected
            ? t("conversation.paused")
            : reply !== null
              ? ""
              : phase === "processing" || phase === "thinking"
                ? t("conversation.thinking")
                : lines.length === 0
                  ? t("conversation.opening")
                  : t("conversation.listening")}
        </div>
      )}
    </>
  );
}
