/** How a candidate answers in one interview, kept on this device. */

import { useDraft } from "@/ui/drafts";
import { WAYS_OF_SPEAKING, type WayOfSpeaking } from "./recorder";

export interface Choice {
  /** Empty before they have chosen. */
  answers: "" | "voice" | "text";
  /** The microphone they chose; empty: the browser's. */
  device: string;
  way: WayOfSpeaking;
}

const NONE: Choice = { answers: "", device: "", way: "push" };

function isChoice(value: unknown): value is Choice {
  if (typeof value !== "object" || value === null) return false;
  const { answers, device, way } = value as Record<string, unknown>;
  return (
    (answers === "" || answers === "voice" || answers === "text") &&
    typeof device === "string" &&
    WAYS_OF_SPEAKING.some((known) => known === way)
  );
}

export function useChoice(sessionId: string): [Choice, (change: Partial<Choice>) => void] {
  const [choice, set] = useDraft<Choice>(`voice.${sessionId}`, NONE, isChoice);
  return [choice, (change) => set((before) => ({ ...before, ...change }))];
}
