import { Button, NativeSelect } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Heard } from "@/audio/microphone";
import { useClip } from "@/audio/useClip";
import { useMicrophone } from "@/audio/useMicrophone";
import { levelOf, wavOf } from "@/protocol/audio";
import { MicrophoneIcon, PlayIcon, StopIcon } from "@/ui/icons";
import { Actions, Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Voice.module.css";
import { Waveform } from "./Waveform";

/** Long enough to hear oneself, short enough to be tried again. */
const LONGEST_MS = 8_000;
/** Nobody speaks this quietly into a microphone that works. */
const AUDIBLE_RMS = 0.008;

export interface DeviceCheckProps {
  /** Voice is still being set up on the server, or was when it was asked. */
  fetching: boolean;
  /** What is there of it, 0 to 1; null where that is not known. */
  fetched: number | null;
  onSpeak: (deviceId: string) => void;
  onWrite: () => void;
}

function useTrial() {
  const parts = useRef<Uint8Array<ArrayBuffer>[]>([]);
  const length = useRef(0);
  const loudest = useRef(0);
  const running = useRef(false);
  const [state, setState] = useState<"none" | "recording" | "quiet" | "recorded">("none");
  const end = useCallback(() => {
    running.current = false;
    setState(loudest.current < AUDIBLE_RMS ? "quiet" : "recorded");
  }, []);
  const begin = () => {
    parts.current = [];
    length.current = loudest.current = 0;
    running.current = true;
    setState("recording");
  };
  const take = useCallback(
    (piece: Heard) => {
      if (!running.current) return;
      parts.current.push(piece.bytes);
      length.current += piece.ms;
      loudest.current = Math.max(loudest.current, piece.rms);
      if (length.current >= LONGEST_MS) end();
    },
    [end],
  );
  return { state, begin, end, take, blob: () => new Blob([wavOf(parts.current)], { type: "audio/wav" }) };
}

/** Before the clock runs: choose a microphone, see that it hears, listen to oneself. Writing is always possible. */
export function DeviceCheck({ fetching, fetched, onSpeak, onWrite }: DeviceCheckProps) {
  const t = useText();
  const listeners = useRef(new Set<(level: number) => void>());
  const trial = useTrial();
  const { take } = trial;
  const microphone = useMicrophone(
    useCallback(
      (piece: Heard) => {
        take(piece);
        for (const tell of listeners.current) tell(levelOf(piece.rms));
      },
      [take],
    ),
  );
  const clip = useClip();
  const onLevel = useCallback((listener: (level: number) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus({ preventScroll: true }), []);
  const { state, trouble, devices } = microphone;
  const on = state === "on";

  const begin = () => {
    clip.stop();
    trial.begin();
  };
  const speak = () => {
    const { deviceId } = microphone;
    microphone.close();
    onSpeak(deviceId);
  };

  return (
    <Page narrow>
      <PageHead title={t("check.title")} text={t("check.text")} />
      <Panel>
        <div className={css.check}>
          {fetching && (
            <Notice role="status">
              {fetched === null
                ? t("check.fetching")
                : t("check.fetching_percent", { percent: Math.round(fetched * 100) })}
            </Notice>
          )}
          {trouble !== null && (
            <Notice tone="warn" role="alert">
              {t(`voice.trouble_${trouble}`)}
            </Notice>
          )}
          {!on ? (
            <div className={css.row}>
              <Button
                ref={first}
                size="md"
                leftSection={<MicrophoneIcon />}
                loading={state === "opening"}
                data-voice="open"
                onClick={() => void microphone.open("")}
              >
                {t(trouble === null ? "check.open" : "check.open_again")}
              </Button>
              <span className={css.faint}>{t("check.open_text")}</span>
            </div>
          ) : (
            <>
              <NativeSelect
                label={t("check.choose")}
                value={microphone.deviceId}
                onChange={(event) => void microphone.open(event.currentTarget.value)}
                data={devices.map((device, index) => ({
                  value: device.id,
                  label: device.name || t("check.microphone", { number: index + 1 }),
                }))}
              />
              <div>
                <div className={css.row}>
                  <Waveform onLevel={onLevel} active />
                </div>
                <p className={css.faint}>{t("check.level")}</p>
              </div>
              <div className={css.row}>
                {trial.state === "recording" ? (
                  <Button variant="light" leftSection={<StopIcon />} data-voice="trial-end" onClick={trial.end}>
                    {t("check.record_end")}
                  </Button>
                ) : (
                  <Button variant="default" leftSection={<MicrophoneIcon />} data-voice="trial" onClick={begin}>
                    {t(trial.state === "none" ? "check.record" : "check.record_again")}
                  </Button>
                )}
                {(trial.state === "recorded" || trial.state === "quiet") && (
                  <Button
                    variant="default"
                    leftSection={clip.active === null ? <PlayIcon /> : <StopIcon />}
                    data-voice="listen"
                    onClick={() => clip.toggle("trial", () => Promise.resolve([trial.blob()]))}
                  >
                    {t(clip.active === null ? "check.listen" : "check.listen_end")}
                  </Button>
                )}
                <span className={css.faint} role="status">
                  {t(`check.trial_${trial.state}`)}
                </span>
              </div>
            </>
          )}
          <Actions>
            <Button variant="subtle" color="gray" data-voice="skip" onClick={onWrite}>
              {t("check.write")}
            </Button>
            <Button size="md" disabled={!on || fetching} data-voice="begin" onClick={speak}>
              {t("check.begin")}
            </Button>
          </Actions>
          {on && fetching && <p className={css.faint}>{t("check.wait")}</p>}
        </div>
      </Panel>
    </Page>
  );
}
