import { useCallback, useEffect, useState } from "react";
import type { Language } from "@/protocol/messages";
import { LOCALES } from "@/ui/text";

export interface Speech {
  supported: boolean;
  on: boolean;
  speaking: boolean;
  setOn: (on: boolean) => void;
  say: (text: string) => void;
  stop: () => void;
}

/** A voice of this language, rather one that lives on this machine: what is said need not travel. */
export function voiceFor(voices: readonly SpeechSynthesisVoice[], language: Language): SpeechSynthesisVoice | null {
  const fitting = voices.filter((voice) => voice.lang.toLowerCase().replace("_", "-").split("-")[0] === language);
  const exact = fitting.filter((voice) => voice.lang.replace("_", "-") === LOCALES[language]);
  return [...exact, ...fitting].find((voice) => voice.localService) ?? exact[0] ?? fitting[0] ?? null;
}

/** Browsers forget to say that a long text was read to its end. */
const LOOK_EVERY_MS = 500;

/** The browser reads replies aloud, when the candidate wishes it. */
export function useSpeech(language: Language, initially = false): Speech {
  const supported = typeof speechSynthesis !== "undefined" && typeof SpeechSynthesisUtterance !== "undefined";
  const [on, setOn] = useState(initially);
  const [speaking, setSpeaking] = useState(false);

  const stop = useCallback(() => {
    if (supported) speechSynthesis.cancel();
    setSpeaking(false);
  }, [supported]);

  const say = useCallback(
    (text: string) => {
      if (!supported) return;
      speechSynthesis.cancel();
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.lang = LOCALES[language];
      utterance.voice = voiceFor(speechSynthesis.getVoices(), language);
      utterance.onstart = () => setSpeaking(true);
      utterance.onend = () => setSpeaking(false);
      utterance.onerror = () => setSpeaking(false);
      speechSynthesis.speak(utterance);
    },
    [supported, language],
  );

  const change = useCallback(
    (next: boolean) => {
      setOn(next);
      if (!next) stop();
    },
    [stop],
  );

  useEffect(() => {
    if (!speaking) return undefined;
    const timer = setInterval(() => {
      if (!speechSynthesis.speaking) setSpeaking(false);
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [speaking]);

  useEffect(() => stop, [stop]);
  return { supported, on, speaking, setOn: change, say, stop };
}
