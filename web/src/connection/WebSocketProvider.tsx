/** One of grading's doors, for the components below. */

import { type ReactNode, useMemo, useState } from "react";
import { createStore } from "zustand";
import { EMPTY_GRADING, type GradingView, reduceGrading } from "@/protocol/grading";
import { newId } from "@/protocol/ids";
import { addressOf, type Endpoint, freshToken } from "./endpoints";
import { GradingClient } from "./gradingClient";
import type { ConnectionState } from "./socketClient";
import { useLifeOfPage } from "./useLifeOfPage";
import { WebSocketContext } from "./useWebSocket";

export type GradingEndpoint = Exclude<Endpoint, { door: "dialogue" | "panel" }>;

/** What each door is asked as soon as it opens. */
const GREETINGS: Record<GradingEndpoint["door"], string> = {
  progress: "get_progress",
  quality: "refresh_metrics",
  grading: "join_grading_session",
  system: "get_system_status",
};

export interface WebSocketProviderProps {
  endpoint: GradingEndpoint;
  children: ReactNode;
}

/** Chooses the door by `endpoint`. Give it the exam's or batch's id as `key`: it is bound to one. */
export function WebSocketProvider({ endpoint, children }: WebSocketProviderProps) {
  const [store] = useState(() => createStore<GradingView>()(() => EMPTY_GRADING));
  const [state, setState] = useState<ConnectionState>({ name: "idle" });
  const [client] = useState(
    () =>
      new GradingClient({
        address: (position) => addressOf(endpoint, "staff", position ?? undefined),
        freshToken: () => freshToken("staff"),
        openSocket: (address) => new WebSocket(address) as never,
        online: () => navigator.onLine,
        onState: setState,
        onMessage: (message) => store.setState((view) => reduceGrading(view, message, Date.now())),
        newId,
        greeting: { type: GREETINGS[endpoint.door] },
      }),
  );
  useLifeOfPage(client, true);
  const value = useMemo(
    () => ({
      store,
      state,
      connect: () => client.connect(),
      send: client.send.bind(client),
      subscribe: client.subscribe.bind(client),
      history: () => client.history,
    }),
    [store, state, client],
  );
  return <WebSocketContext.Provider value={value}>{children}</WebSocketContext.Provider>;
}
