import { useEffect, useRef } from "react";
import { useRoom, useRoomQueue } from "@/connection/room";
import type { Language } from "@/protocol/messages";
import { Page, Panel, State, useTitle } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";

/** The candidate's last page: that it is over, why, and whether anything did not arrive. */
export function Over({ name, language }: { name: string; language: Language }) {
  const t = useText();
  const ending = useRoom((room) => room.ending);
  const undelivered = useRoomQueue().filter((command) => command.name === "submit_answer");
  const stopped = ending?.how === "stopped";
  const title = stopped ? t("room.was_stopped") : name === "" ? t("thanks.title") : t("thanks.title_name", { name });
  useTitle(title);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <Page narrow>
      <div ref={box} tabIndex={-1} style={{ outline: "none" }}>
        <State heading="h1" title={title}>
          {stopped ? t("room.stopped_text") : t("room.thanks_text")}
          {stopped && ending.reason !== "" && ` ${t("room.reason", { reason: ending.reason })}`}
        </State>
      </div>
      {undelivered.length > 0 && (
        <Panel title={t("thanks.undelivered")}>
          <p style={{ marginBottom: "0.75rem" }}>{t("thanks.undelivered_text")}</p>
          {undelivered.map((command) => (
            <blockquote key={command.client_id} lang={LOCALES[language]} style={{ whiteSpace: "pre-wrap" }}>
              {String(command.payload["answer_text"])}
            </blockquote>
          ))}
        </Panel>
      )}
    </Page>
  );
}
