import { createContext, useContext } from "react";
import { type StoreApi, useStore } from "zustand";
import type { Panel } from "@/protocol/panel";
import type { ConnectionState } from "./socketClient";

export interface PanelStore {
  panel: Panel;
  /** What was refused last, until it was seen. */
  error: string | null;
  /** Something that was said is not safe on the server yet. */
  audioWaiting: boolean;
  /** Rises when the server takes no more of what the microphone hears. */
  audioRefusals: number;
}

export interface PanelConnection {
  store: StoreApi<PanelStore>;
  sessionId: string;
  userId: string;
  connection: ConnectionState;
  retry: () => void;
  /** Does something, also over a lost connection. False when it was refused; the page says why. */
  ask: (type: string, payload?: Record<string, unknown>) => Promise<boolean>;
  dismissError: () => void;
  microphone: {
    /** `own`: nobody else speaks into it. */
    start: (own: boolean) => void;
    push: (bytes: Uint8Array<ArrayBuffer>) => void;
    finish: () => void;
  };
}

export const PanelContext = createContext<PanelConnection | null>(null);

export function usePanelConnection(): PanelConnection {
  const connection = useContext(PanelContext);
  if (connection === null) throw new Error("usePanelConnection stands outside of a PanelProvider");
  return connection;
}

const useHeld = <Value>(select: (held: PanelStore) => Value): Value => useStore(usePanelConnection().store, select);

export const usePanel = <Value>(select: (panel: Panel) => Value): Value => useHeld(({ panel }) => select(panel));

export const usePanelError = (): string | null => useHeld(({ error }) => error);

export const useAudioRefusals = (): number => useHeld(({ audioRefusals }) => audioRefusals);

export const useAudioWaiting = (): boolean => useHeld(({ audioWaiting }) => audioWaiting);
