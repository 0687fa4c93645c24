import { useEffect, useRef } from "react";
import { useRoom } from "@/connection/room";
import { nameOf } from "@/protocol/roomState";
import type { Language } from "@/protocol/messages";
import { LOCALES, useText } from "@/ui/text";
import css from "./Room.module.css";

const SHOWN = 60;

/** What is said aloud, as text: what was understood, and what is being understood. */
export function Captions({ language }: { language: Language }) {
  const t = useText();
  const room = useRoom((whole) => whole);
  const captions = room.captions.slice(-SHOWN);
  const hearing = Object.entries(room.hearing);
  const log = useRef<HTMLDivElement>(null);
  const last = captions.at(-1)?.key;
  const partial = hearing.map(([, text]) => text.length).join();

  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [last, partial]);

  if (captions.length === 0 && hearing.length === 0) return <p className={css.none}>{t("room.captions_empty")}</p>;
  return (
    <div className={css.captions} ref={log} role="log" aria-label={t("room.captions")} tabIndex={0}>
      <ol>
        {captions.map((caption) => (
          <li key={caption.key}>
            <b>{nameOf(room, caption.user_id)}</b> <span lang={LOCALES[language]}>{caption.text}</span>
          </li>
        ))}
        {hearing.map(([userId, text]) => (
          <li key={userId} data-partial="true" aria-hidden="true">
            <b>{nameOf(room, userId)}</b> <span lang={LOCALES[language]}>{text}…</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
