import { createContext, useContext, useEffect, useRef } from "react";
import { type StoreApi, useStore } from "zustand";
import type { GradingMessage, GradingType, GradingView } from "@/protocol/grading";
import type { ConnectionState } from "./socketClient";

export interface WebSocketConnection {
  store: StoreApi<GradingView>;
  state: ConnectionState;
  /** Tries again at once, with five fresh tries. */
  connect: () => void;
  /** Keeps the command until it is answered; rejects with CommandRefused. */
  send: (type: string, data?: Record<string, unknown>) => Promise<GradingMessage>;
  subscribe: (type: GradingType, listener: (message: GradingMessage) => void) => () => void;
  /** The last messages that came in, oldest first. */
  history: () => readonly GradingMessage[];
}

export const WebSocketContext = createContext<WebSocketConnection | null>(null);

/** The connection that a `WebSocketProvider` above keeps. */
export function useWebSocket(): WebSocketConnection {
  const connection = useContext(WebSocketContext);
  if (connection === null) throw new Error("useWebSocket stands outside of a WebSocketProvider");
  return connection;
}

/** What is known from the messages so far. */
export const useGrading = <Value>(select: (view: GradingView) => Value): Value => useStore(useWebSocket().store, select);

/** Calls `listener` with each message of a type for as long as the component lives. */
export function useMessages(type: GradingType, listener: (message: GradingMessage) => void): void {
  const { subscribe } = useWebSocket();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  }, [listener]);
  useEffect(() => subscribe(type, (message) => latest.current(message)), [subscribe, type]);
}
