import { Button } from "@mantine/core";
import { useRoomConnection } from "@/connection/room";
import { MicrophoneIcon, StopIcon } from "@/ui/icons";
import { Notice } from "@/ui/primitives";
import { clockText, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useVoiceAnswer } from "./useVoiceAnswer";

/** Answering aloud: what is understood appears as captions. */
export function VoiceAnswerBox({ paused }: { paused: boolean }) {
  const t = useText();
  const { connection } = useRoomConnection();
  const voice = useVoiceAnswer(!paused);
  const on = voice.state === "on";

  return (
    <div className={css.voice} role="group" aria-label={t("room.voice")}>
      <Button
        variant={on ? "filled" : "default"}
        loading={voice.state === "opening"}
        disabled={paused || (!on && connection.name !== "connected")}
        leftSection={on ? <StopIcon size={18} /> : <MicrophoneIcon size={18} />}
        onClick={() => (on ? voice.stop() : void voice.start())}
      >
        {t(on ? "room.voice_stop" : "room.voice_start")}
      </Button>
      {on && (
        <span className={css.voiceState}>
          <span className={css.meter} aria-hidden="true">
            <i style={{ transform: `scaleX(${voice.level})` }} />
          </span>
          <span role="status">{t("room.voice_on")}</span>
          <strong aria-hidden="true">{clockText(voice.seconds)}</strong>
        </span>
      )}
      {voice.waiting_s > 2 && (
        <Notice tone="warn" role="status">
          {t("room.voice_waiting", { count: Math.round(voice.waiting_s) })}
        </Notice>
      )}
      {voice.trouble !== null && (
        <Notice tone="warn" role="alert">
          {t(`voice.trouble_${voice.trouble}`)}
        </Notice>
      )}
      {voice.refused !== null && (
        <Notice tone="danger" role="alert">
          {voice.refused}
        </Notice>
      )}
    </div>
  );
}
