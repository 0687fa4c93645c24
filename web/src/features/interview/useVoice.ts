import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Heard, MicrophoneTrouble } from "@/audio/microphone";
import { useMicrophone } from "@/audio/useMicrophone";
import { useDialogue } from "@/connection/dialogue";
import { levelOf } from "@/protocol/audio";
import { Recorder, type WayOfSpeaking } from "./recorder";

export interface Voice {
  way: WayOfSpeaking;
  /** What is said now is recorded. */
  recording: boolean;
  opening: boolean;
  trouble: MicrophoneTrouble | null;
  /** Called with each level (0 to 1) that is heard, about ten times a second. */
  onLevel: (listener: (level: number) => void) => () => void;
  choose: (way: WayOfSpeaking) => void;
  /** Begins, or ends what was begun. */
  toggle: () => void;
  /** Closes the microphone. */
  stop: () => void;
}

export interface UseVoiceOptions {
  deviceId: string;
  way: WayOfSpeaking;
  onWay: (way: WayOfSpeaking) => void;
  /** The interviewer's words are being read aloud. */
  spokenTo: boolean;
  /** Somebody speaks: whatever is being read aloud ends. */
  onSpeak: () => void;
}

/** Speaking in a conversation: the microphone, what is recorded of it, and where it goes. */
export function useVoice({ deviceId, way, onWay, spokenTo, onSpeak }: UseVoiceOptions): Voice {
  const { recording: sink } = useDialogue();
  const [recording, setRecording] = useState(false);
  const listeners = useRef(new Set<(level: number) => void>());
  const recorder = useMemo(() => new Recorder(sink), [sink]);
  useEffect(() => recorder.whenInterrupted(onSpeak), [recorder, onSpeak]);

  const heard = useCallback(
    (piece: Heard) => {
      recorder.heard(piece);
      for (const tell of listeners.current) tell(levelOf(piece.rms));
    },
    [recorder],
  );
  const microphone = useMicrophone(heard);
  const { open, close, state } = microphone;

  const stop = useCallback(() => {
    recorder.stop();
    setRecording(false);
    close();
  }, [recorder, close]);

  useEffect(() => recorder.spokenTo(spokenTo), [recorder, spokenTo]);
  useEffect(() => () => recorder.stop(), [recorder]);
  // A microphone that went away takes its recording with it: what was heard of it is sent.
  if (recording && state === "off") setRecording(false);
  useEffect(() => {
    if (state === "off") recorder.stop();
  }, [recorder, state]);

  const begin = async () => {
    if (way === "push") onSpeak();
    if (state !== "on" && !(await open(deviceId))) return;
    recorder.start(way);
    setRecording(true);
  };
  const toggle = () => {
    if (!recording) return void begin();
    setRecording(false);
    if (way === "push") recorder.finish();
    else stop();
  };
  const choose = (next: WayOfSpeaking) => {
    if (next === way) return;
    stop();
    onWay(next);
  };
  const onLevel = useCallback((listener: (level: number) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);

  return { way, recording, opening: state === "opening", trouble: microphone.trouble, onLevel, choose, toggle, stop };
}
