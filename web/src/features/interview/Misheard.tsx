import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { audioClip, flagUtterance } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Clips } from "@/audio/useClip";
import type { AudioPlace, Flag, Language } from "@/protocol/messages";
import { failureText } from "@/ui/failureText";
import { FlagIcon, PlayIcon, StopIcon } from "@/ui/icons";
import { Notice } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import css from "./Voice.module.css";

export interface SpokenWords {
  utterance_id: string;
  text: string;
  audio: AudioPlace;
  flag: Flag | null;
}

export interface MisheardProps {
  words: SpokenWords;
  sessionId: string;
  place: Place;
  language: Language;
  clips: Clips;
  onFlagged: (utteranceId: string, flag: Flag | null) => void;
}

interface CorrectionProps extends MisheardProps {
  onDone: () => void;
}

function Correction({ words, sessionId, place, language, onFlagged, onDone }: CorrectionProps) {
  const t = useText();
  const [correction, setCorrection] = useState(words.flag?.correction ?? "");
  const flag = useMutation({
    mutationFn: (flagged: boolean) => flagUtterance(place, sessionId, words.utterance_id, correction.trim(), flagged),
    onSuccess: (_, flagged) => {
      onFlagged(words.utterance_id, flagged ? { correction: correction.trim() } : null);
      onDone();
    },
  });
  return (
    <form
      className={css.flag}
      onSubmit={(event) => {
        event.preventDefault();
        flag.mutate(true);
      }}
    >
      <Textarea
        label={t("misheard.correction")}
        description={t("misheard.correction_text")}
        lang={LOCALES[language]}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={10_000}
        data-autofocus
        value={correction}
        onChange={(event) => setCorrection(event.currentTarget.value)}
      />
      {flag.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, flag.error)}
        </Notice>
      )}
      <div className={css.row}>
        <Button type="submit" size="sm" loading={flag.isPending} data-voice="flag">
          {t("misheard.flag")}
        </Button>
        {words.flag !== null && (
          <Button size="sm" variant="default" disabled={flag.isPending} onClick={() => flag.mutate(false)}>
            {t("misheard.take_back")}
          </Button>
        )}
        <Button size="sm" variant="subtle" color="gray" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}

/** Under one's own spoken words: listen to them, and say that they were misheard. */
export function Misheard(props: MisheardProps) {
  const { words, sessionId, place, language, clips } = props;
  const t = useText();
  const [open, setOpen] = useState(false);
  const key = words.utterance_id;
  const playing = clips.active === key;
  const failed = clips.failed?.key === key ? clips.failed.error : null;
  return (
    <>
      {words.flag !== null && !open && (
        <p className={css.flagged}>
          {words.flag.correction === "" ? t("misheard.flagged") : t("misheard.corrected")}{" "}
          {words.flag.correction !== "" && <q lang={LOCALES[language]}>{words.flag.correction}</q>}
        </p>
      )}
      <div className={css.said}>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={playing ? <StopIcon size={16} /> : <PlayIcon size={16} />}
          loading={playing && clips.loading}
          data-voice="hear"
          onClick={() => clips.toggle(key, async (signal) => [await audioClip(place, sessionId, words.audio, signal)])}
        >
          {t(playing ? "misheard.stop" : "misheard.hear")}
        </Button>
        {!open && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<FlagIcon size={16} />}
            data-voice="misheard"
            onClick={() => setOpen(true)}
          >
            {t(words.flag === null ? "misheard.not_said" : "misheard.change")}
          </Button>
        )}
      </div>
      {failed !== null && (
        <Notice tone="warn" role="alert">
          {failureText(t, failed)}
        </Notice>
      )}
      {open && <Correction {...props} onDone={() => setOpen(false)} />}
    </>
  );
}
