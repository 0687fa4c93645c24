import { useCallback, useEffect, useRef, useState } from "react";
import type { Heard, MicrophoneTrouble } from "@/audio/microphone";
import { useMicrophone } from "@/audio/useMicrophone";
import { useRoomConnection } from "@/connection/room";
import { VoiceSender } from "@/connection/voiceSender";

export interface VoiceAnswer {
  state: "off" | "opening" | "on";
  trouble: MicrophoneTrouble | null;
  /** Loudness of what is heard now, 0 to 1. */
  level: number;
  seconds: number;
  /** Seconds of speech that the server does not keep yet. */
  waiting_s: number;
  /** The server refused the recording; its sentence. */
  refused: string | null;
  start: () => Promise<void>;
  stop: () => void;
}

/** What may wait on this machine; after it the microphone is closed. */
const MOST_WAITING_S = 600;
const LEVEL_OF_RMS = 6;

/** Speaks into the room: what the microphone hears is sent in pieces, each until the server keeps it. */
export function useVoiceAnswer(allowed: boolean): VoiceAnswer {
  const { request, tell, connection } = useRoomConnection();
  const [level, setLevel] = useState(0);
  const [seconds, setSeconds] = useState(0);
  const [waiting, setWaiting] = useState(0);
  const [refused, setRefused] = useState<string | null>(null);
  const [sender] = useState(
    () =>
      new VoiceSender({
        send: (chunk) => request("voice_data", chunk),
        onWaiting: setWaiting,
        onRefused: setRefused,
      }),
  );
  const mayGoOn = useRef(allowed);
  const stopRef = useRef<() => void>(() => undefined);

  const heard = useCallback(
    (piece: Heard) => {
      if (!mayGoOn.current || sender.waiting_s > MOST_WAITING_S) return stopRef.current();
      setLevel(Math.min(1, piece.rms * LEVEL_OF_RMS));
      setSeconds((before) => before + piece.ms / 1000);
      sender.push(piece.bytes);
    },
    [sender],
  );
  const { state, trouble, open, close } = useMicrophone(heard);

  const start = useCallback(async () => {
    setRefused(null);
    setSeconds(0);
    if (!(await open(""))) return;
    sender.begin();
    tell("start_recording", {});
  }, [open, sender, tell]);

  const stop = useCallback(() => {
    close();
    setLevel(0);
    sender.finish();
    tell("stop_recording", {});
  }, [close, sender, tell]);

  useEffect(() => {
    mayGoOn.current = allowed;
    stopRef.current = stop;
  }, [allowed, stop]);

  useEffect(() => {
    if (connection.name === "connected") sender.resume();
    else sender.pause();
  }, [connection.name, sender]);

  // The page goes away in the middle of a sentence: what was said so far is still a whole recording.
  useEffect(
    () => () => {
      if (sender.recording) stopRef.current();
    },
    [sender],
  );

  return { state, trouble, level, seconds, waiting_s: waiting, refused, start, stop };
}
