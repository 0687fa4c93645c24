/** The words for what speakers are and how a panel stands. */

import type { CSSProperties } from "react";
import type { Panel } from "@/protocol/panel";
import type { SpeakerItem, SpeakerRole } from "@/protocol/panelMessages";
import type { TextKey, Translate } from "@/ui/text";

export const roleKey = (role: SpeakerRole): TextKey => `speaker_role.${role}`;

/** The labels that the server gives are the same in every language of the app; their number is what tells them apart. */
const LABEL = /^(면접관|지원자|화자)_(\d+)$/;
const ROLE_OF_LABEL: Record<string, SpeakerRole> = { 면접관: "interviewer", 지원자: "candidate", 화자: "unknown" };

/** What to call a speaker: by name, or by role and number in the reader's language. */
export function nameOf(t: Translate, speaker: SpeakerItem | undefined): string {
  if (speaker === undefined) return t("speaker_role.unknown");
  return speaker.name || labelText(t, speaker.label);
}

/** What to call a voice that may not have been understood to the end of a sentence yet. */
export const voiceName = (t: Translate, speaker: SpeakerItem | null | undefined): string =>
  speaker ? nameOf(t, speaker) : t("panel.new_voice");

const COLOURS = 8;

/** The colour of a voice, for the parts of the page that belong to it. */
export function voiceStyle(panel: Panel, speakerId: string | null): CSSProperties | undefined {
  const colour = speakerId === null ? undefined : panel.colours[speakerId];
  if (colour === undefined) return undefined;
  return { "--voice": `var(--voice-${(colour % COLOURS) + 1})` } as CSSProperties;
}

export function labelText(t: Translate, label: string): string {
  const [, word = "", number = ""] = LABEL.exec(label) ?? [];
  const role = ROLE_OF_LABEL[word];
  return role === undefined ? label : `${t(roleKey(role))} ${number}`;
}
