import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { giveConsent, voiceState } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Heard } from "@/audio/microphone";
import { useMicrophone } from "@/audio/useMicrophone";
import { useAudioRefusals, useAudioWaiting, usePanelConnection } from "@/connection/panel";
import { failureText } from "@/ui/failureText";
import { MicrophoneIcon, StopIcon } from "@/ui/icons";
import { Confirm, Notice } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Panel.module.css";

const LEVEL_OF_RMS = 6;
const PREPARING_EVERY_MS = 3_000;

/** The microphone on the table, or one's own: what it hears goes to the panel. `alone`: usually nobody else is near it. */
export function Microphone({ place, agreed, alone }: { place: Place; agreed: boolean; alone: boolean }) {
  const t = useText();
  const { microphone, sessionId, connection } = usePanelConnection();
  const waiting = useAudioWaiting();
  const refusals = useAudioRefusals();
  const voice = useQuery({
    queryKey: ["voice", place],
    queryFn: ({ signal }) => voiceState(place, signal),
    refetchInterval: (query) => (query.state.data?.state === "ready" ? false : PREPARING_EVERY_MS),
  });
  const ready = voice.data?.state === "ready";
  const [own, setOwn] = useState(alone);
  const [told, setTold] = useState(agreed);
  const [asking, setAsking] = useState(false);
  const [level, setLevel] = useState(0);
  const recording = useRef(false);

  const heard = useCallback(
    (piece: Heard) => {
      setLevel(Math.min(1, piece.rms * LEVEL_OF_RMS));
      microphone.push(piece.bytes);
    },
    [microphone],
  );
  const { state, trouble, open, close } = useMicrophone(heard);

  const start = async () => {
    microphone.start(own);
    recording.current = true;
    if (!(await open(""))) {
      recording.current = false;
      microphone.finish();
    }
  };
  const stop = useCallback(() => {
    close();
    setLevel(0);
    recording.current = false;
    microphone.finish();
  }, [close, microphone]);
  const consent = useMutation({
    mutationFn: () => giveConsent(place, sessionId, ["interview"], true),
    onSuccess: () => {
      setTold(true);
      setAsking(false);
      void start();
    },
  });

  const stopRef = useRef(stop);
  useEffect(() => {
    stopRef.current = stop;
  }, [stop]);
  useEffect(() => {
    if (refusals > 0 && recording.current) stopRef.current();
  }, [refusals]);

  // It was unplugged: what was said until then is a whole recording.
  useEffect(() => {
    if (trouble !== null && recording.current) {
      recording.current = false;
      microphone.finish();
    }
  }, [trouble, microphone]);
  useEffect(
    () => () => {
      if (recording.current) microphone.finish();
    },
    [microphone],
  );

  return (
    <div className={css.microphone} role="group" aria-label={t("panel.microphone")}>
      {state === "on" ? (
        <Button color="red.9" leftSection={<StopIcon size={18} />} onClick={stop}>
          {t("panel.microphone_stop")}
        </Button>
      ) : (
        <Button
          leftSection={<MicrophoneIcon size={18} />}
          loading={state === "opening"}
          disabled={!ready || connection.name !== "connected"}
          onClick={() => (told ? void start() : setAsking(true))}
        >
          {t("panel.microphone_start")}
        </Button>
      )}
      {state === "on" ? (
        <span className={css.level} aria-hidden="true">
          <i style={{ transform: `scaleX(${level})` }} />
        </span>
      ) : (
        <Checkbox label={t("panel.own_microphone")} checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} />
      )}
      <span role="status" className={css.none}>
        {state === "off" && voice.data !== undefined && !ready && t(voice.data.state === "off" ? "panel.voice_off" : "panel.voice_preparing")}
        {state === "on" && t(waiting && connection.name !== "connected" ? "panel.kept_here" : "panel.listening")}
      </span>
      {trouble !== null && (
        <Notice tone="warn" role="alert">
          {t(`voice.trouble_${trouble}`)}
        </Notice>
      )}
      <Confirm
        opened={asking}
        title={t("panel.consent_title")}
        confirm={t("panel.consent_confirm")}
        busy={consent.isPending}
        error={consent.isError ? failureText(t, consent.error) : undefined}
        onClose={() => setAsking(false)}
        onConfirm={() => consent.mutate()}
      >
        <p>{t("panel.consent_text")}</p>
      </Confirm>
    </div>
  );
}
