import { ActionIcon, TextInput, VisuallyHidden } from "@mantine/core";
import { type FormEvent, useEffect, useRef } from "react";
import { useRoom, useRoomConnection, useRoomQueue } from "@/connection/room";
import { nameOf } from "@/protocol/roomState";
import { isString, useDraft } from "@/ui/drafts";
import { SendIcon } from "@/ui/icons";
import { useFormat, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useNow } from "./useNow";

const TYPING_SHOWN_MS = 6_000;
const TYPING_TOLD_EVERY_MS = 3_000;
const LIMIT = 10_000;

/** Tells the others that somebody is typing: at most every few seconds, and once when it is over. */
function useTypingTold() {
  const { tell } = useRoomConnection();
  const toldAt = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stop = () => {
    clearTimeout(timer.current);
    if (toldAt.current > 0) tell("typing_indicator", { is_typing: false });
    toldAt.current = 0;
  };
  const typed = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(stop, TYPING_TOLD_EVERY_MS);
    const now = Date.now();
    if (now - toldAt.current < TYPING_TOLD_EVERY_MS) return;
    toldAt.current = now;
    tell("typing_indicator", { is_typing: true });
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return { typed, stop };
}

function Typing() {
  const t = useText();
  const { userId } = useRoomConnection();
  const typing = useRoom((room) => room.typing);
  const room = useRoom((whole) => whole);
  const now = useNow(Object.keys(typing).length > 0);
  const names = Object.entries(typing)
    .filter(([id, since]) => id !== userId && now - since < TYPING_SHOWN_MS)
    .map(([id]) => nameOf(room, id));
  return (
    <p className={css.typing} aria-live="polite">
      {names.length > 0 && t("room.typing", { names: names.join(", ") })}
    </p>
  );
}

function useMessages() {
  const chat = useRoom((room) => room.chat);
  const queue = useRoomQueue();
  const known = new Set(chat.map((message) => message.client_id));
  const waiting = queue.filter((command) => command.name === "send_message" && !known.has(command.client_id));
  return { chat, waiting };
}

export function Chat({ mayWrite }: { mayWrite: boolean }) {
  const t = useText();
  const format = useFormat();
  const { interviewId, userId, connection, keep } = useRoomConnection();
  const { chat, waiting } = useMessages();
  const room = useRoom((whole) => whole);
  const [draft, setDraft, forget] = useDraft(`room-chat.${interviewId}`, "", isString);
  const typing = useTypingTold();
  const log = useRef<HTMLDivElement>(null);
  const count = chat.length + waiting.length;

  useEffect(() => {
    log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [count]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const message = draft.trim();
    if (message === "") return;
    keep("send_message", { message, type: "text" });
    typing.stop();
    forget();
  };

  return (
    <div className={css.chat}>
      <div className={css.messages} ref={log} role="log" aria-label={t("room.chat")} tabIndex={0}>
        {count === 0 ? (
          <p className={css.none}>{t("room.chat_empty")}</p>
        ) : (
          <ol>
            {chat.map((message) => (
              <li key={message.key} data-own={message.user_id === userId}>
                <span className={css.sender}>
                  {message.user_id === userId ? t("room.you") : nameOf(room, message.user_id)}
                  {message.at !== null && <time>{format.time(new Date(message.at).toISOString())}</time>}
                </span>
                <span className={css.bubble}>{message.text}</span>
              </li>
            ))}
            {waiting.map((command) => (
              <li key={command.client_id} data-own="true" data-pending="true">
                <span className={css.bubble}>{String(command.payload["message"])}</span>
                <span className={css.sender}>{t(connection.name === "connected" ? "room.sending" : "room.kept_here")}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
      <Typing />
      {mayWrite && (
        <form className={css.say} onSubmit={submit}>
          <TextInput
            aria-label={t("room.message")}
            placeholder={t("room.message_example")}
            maxLength={LIMIT}
            autoComplete="off"
            value={draft}
            onChange={(event) => {
              setDraft(event.currentTarget.value);
              typing.typed();
            }}
            onBlur={typing.stop}
          />
          <ActionIcon type="submit" size={44} variant="filled" color="verdigris" aria-label={t("room.send")} disabled={draft.trim() === ""}>
            <SendIcon />
          </ActionIcon>
        </form>
      )}
      {mayWrite && connection.name !== "connected" && <VisuallyHidden role="status">{t("room.kept_here")}</VisuallyHidden>}
    </div>
  );
}
