import { Button, SegmentedControl } from "@mantine/core";
import { useEffect, useRef } from "react";
import { MicrophoneIcon, PencilIcon, StopIcon } from "@/ui/icons";
import { Notice } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { WAYS_OF_SPEAKING, type WayOfSpeaking } from "./recorder";
import type { Voice } from "./useVoice";
import css from "./Voice.module.css";
import { Waveform } from "./Waveform";

export interface VoiceBarProps {
  voice: Voice;
  connected: boolean;
  uploading: boolean;
  mayThink: boolean;
  /** The interviewer's words are being read aloud. */
  spokenTo: boolean;
  onInterrupt: () => void;
  onThink: () => void;
  onWrite: () => void;
}

function useSaying({ voice, connected, uploading, spokenTo }: VoiceBarProps): string {
  const t = useText();
  if (voice.opening) return t("voice.opening");
  if (voice.recording) {
    if (!connected) return t("voice.kept");
    if (voice.way === "push") return t("voice.recording");
    return spokenTo ? t("voice.may_interrupt") : t("voice.hearing");
  }
  if (uploading) return t(connected ? "voice.sending" : "voice.kept");
  return t(voice.way === "push" ? "voice.press" : "voice.hands_free_off");
}

/** Where the candidate speaks. */
export function VoiceBar(props: VoiceBarProps) {
  const { voice } = props;
  const t = useText();
  const saying = useSaying(props);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);
  const label = voice.recording
    ? t(voice.way === "push" ? "voice.done" : "voice.mute")
    : t(voice.way === "push" ? "voice.speak" : "voice.listen");
  return (
    <div className={css.bar}>
      {voice.trouble !== null && (
        <Notice tone="warn" role="alert">
          {t(`voice.trouble_${voice.trouble}`)}
        </Notice>
      )}
      <div className={css.speak}>
        <Button
          ref={button}
          className={css.button}
          size="lg"
          variant={voice.recording ? "light" : "filled"}
          leftSection={voice.recording ? <StopIcon size={22} /> : <MicrophoneIcon size={22} />}
          loading={voice.opening}
          aria-pressed={voice.recording}
          data-voice="speak"
          onClick={voice.toggle}
        >
          {label}
        </Button>
        <div className={css.state}>
          <Waveform onLevel={voice.onLevel} active={voice.recording} />
          <p role="status">{saying}</p>
        </div>
      </div>
      <div className={css.tools}>
        <SegmentedControl
          size="sm"
          aria-label={t("voice.way")}
          value={voice.way}
          onChange={(value) => voice.choose(value as WayOfSpeaking)}
          data={WAYS_OF_SPEAKING.map((way) => ({ value: way, label: t(`voice.way_${way}`) }))}
        />
        {props.spokenTo && (
          <Button size="sm" variant="default" onClick={props.onInterrupt}>
            {t("voice.interrupt")}
          </Button>
        )}
        <Button size="sm" variant="default" disabled={!props.mayThink} onClick={props.onThink}>
          {t("conversation.think")}
        </Button>
        <Button size="sm" variant="subtle" leftSection={<PencilIcon size={18} />} data-voice="write" onClick={props.onWrite}>
          {t("voice.write")}
        </Button>
      </div>
    </div>
  );
}
