import { createContext, useContext } from "react";
import { type StoreApi, useStore } from "zustand";
import { listMessages, showSession } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { HistoryMessage, Session } from "@/api/types";
import type { Conversation } from "@/protocol/conversation";
import type { Flag } from "@/protocol/messages";
import type { Outbox } from "@/protocol/outbox";
import type { ConnectionState } from "./socketClient";

export interface DialogueStore {
  conversation: Conversation;
  outbox: Outbox;
  /** Some of what was recorded is not known to be safe yet. */
  uploading: boolean;
}

/** Samples (16 bits at 16 kHz) of what is being said; they are kept until the server has them. */
export interface DialogueRecording {
  /** `endpointing`: the server finds the ends of answers; otherwise all up to `finish` is one. */
  start: (endpointing: boolean) => void;
  push: (bytes: Uint8Array<ArrayBuffer>) => void;
  finish: () => void;
}

export interface Dialogue {
  store: StoreApi<DialogueStore>;
  connection: ConnectionState;
  retry: () => void;
  /** Keeps the text until the server has it. */
  send: (text: string) => void;
  /** Asks for patience. False while there is no connection (the clock stands then anyway). */
  thinkTime: (seconds?: number) => boolean;
  recording: DialogueRecording;
  /** An own utterance was flagged as misheard, or no longer is. */
  flagged: (utteranceId: string, flag: Flag | null) => void;
  dismissError: () => void;
}

export const DialogueContext = createContext<Dialogue | null>(null);

export function useDialogue(): Dialogue {
  const dialogue = useContext(DialogueContext);
  if (dialogue === null) throw new Error("useDialogue stands outside of a DialogueProvider");
  return dialogue;
}

export const useConversation = <Value>(select: (conversation: Conversation) => Value): Value =>
  useStore(useDialogue().store, ({ conversation }) => select(conversation));

export const useUploading = (): boolean => useStore(useDialogue().store, ({ uploading }) => uploading);

export interface LoadedDialogue {
  session: Session;
  messages: HistoryMessage[];
}

/**
 * The session and what was said. The session comes first: what happens between the two calls is then replayed over the
 * socket, and merged, and nothing is missed.
 */
export async function loadDialogue(place: Place, id: string, signal?: AbortSignal): Promise<LoadedDialogue> {
  const session = await showSession(place, id, signal);
  const { items } = await listMessages(place, id, signal);
  return { session, messages: items };
}
