import { useEffect, useRef } from "react";
import type { Language } from "@/protocol/messages";
import type { OutboxItem } from "@/protocol/outbox";
import { Page, Panel, State, useTitle } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";

export interface ThanksProps {
  reason: string;
  name: string;
  language: Language;
  /** What did not reach the server before the end: still the candidate's words, so they are shown. */
  undelivered: readonly OutboxItem[];
}

export function Thanks({ reason, name, language, undelivered }: ThanksProps) {
  const t = useText();
  const withdrawn = reason === "withdrawn";
  const heading = withdrawn ? t("thanks.withdrawn") : name === "" ? t("thanks.title") : t("thanks.title_name", { name });
  useTitle(withdrawn ? t("thanks.withdrawn") : t("thanks.title"));
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const why = reason === "time" ? t("thanks.time") : reason === "interviewer" ? t("thanks.interviewer") : "";
  return (
    <Page narrow>
      <div ref={box} tabIndex={-1} style={{ outline: "none" }}>
        <State heading="h1" title={heading}>
          {withdrawn ? t("thanks.withdrawn_text") : [why, t("thanks.text")].filter(Boolean).join(" ")}
        </State>
      </div>
      {undelivered.length > 0 && (
        <Panel title={t("thanks.undelivered")}>
          <p style={{ marginBottom: "0.75rem" }}>{t("thanks.undelivered_text")}</p>
          {undelivered.map((item) => (
            <blockquote key={item.client_id} lang={LOCALES[language]} style={{ whiteSpace: "pre-wrap" }}>
              {item.text}
            </blockquote>
          ))}
        </Panel>
      )}
    </Page>
  );
}
