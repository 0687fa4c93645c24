import { Button, Textarea, VisuallyHidden } from "@mantine/core";
import { type RefObject, useId } from "react";
import { SendIcon } from "@/ui/icons";
import { LOCALES, useFormat, useText } from "@/ui/text";
import type { Language } from "@/protocol/messages";
import css from "./Conversation.module.css";
import { sends } from "./keys";

const LIMIT = 10_000;
const NEAR_LIMIT = 9_000;

export interface ComposerProps {
  draft: string;
  language: Language;
  connected: boolean;
  mayThink: boolean;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  onChange: (draft: string) => void;
  onSend: (text: string) => void;
  onThink: () => void;
}

const isTouch = () => window.matchMedia("(pointer: coarse)").matches;

/** Where the candidate writes. Code points are counted, as the server counts them. */
export function Composer({
  draft,
  language,
  connected,
  mayThink,
  inputRef,
  onChange,
  onSend,
  onThink,
}: ComposerProps) {
  const t = useText();
  const format = useFormat();
  const hint = useId();
  const length = draft.length < NEAR_LIMIT ? draft.length : Array.from(draft).length;
  const tooLong = length > LIMIT;
  const empty = draft.trim() === "";
  const touch = isTouch();

  const send = () => {
    if (empty || tooLong) return;
    onSend(draft);
  };

  return (
    <form
      className={css.box}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        ref={inputRef}
        aria-label={t("conversation.answer")}
        aria-describedby={hint}
        aria-invalid={tooLong}
        placeholder={t("conversation.placeholder")}
        lang={LOCALES[language]}
        variant="unstyled"
        autosize
        minRows={2}
        maxRows={10}
        value={draft}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (!sends(event, touch)) return;
          event.preventDefault();
          send();
        }}
      />
      <div className={css.tools}>
        <Button variant="default" size="sm" disabled={!mayThink} onClick={onThink}>
          {t("conversation.think")}
        </Button>
        <span id={hint} className={css.hint}>
          {t(touch ? "conversation.keys_touch" : "conversation.keys")}
        </span>
        {length >= NEAR_LIMIT && (
          <span role="status" style={{ fontSize: "var(--vv-text-xs)", color: tooLong ? "var(--vv-danger)" : undefined }}>
            {t(tooLong ? "conversation.too_long" : "conversation.length", {
              length: format.number(length),
              limit: format.number(LIMIT),
            })}
          </span>
        )}
        <Button type="submit" disabled={empty || tooLong} rightSection={<SendIcon size={18} />}>
          {t("conversation.send")}
          {!connected && <VisuallyHidden>{t("conversation.send_later")}</VisuallyHidden>}
        </Button>
      </div>
    </form>
  );
}
