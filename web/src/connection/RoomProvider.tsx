/** One room over one connection, for the components below. */

import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { io } from "socket.io-client";
import { createStore } from "zustand";
import { credentialsOf, type Place } from "@/api/credentials";
import type { ErrorData } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { reduceRoom, type RoomAction } from "@/protocol/room";
import type { QueuedCommand } from "@/protocol/roomQueue";
import { EMPTY_ROOM } from "@/protocol/roomState";
import { freshToken, ticketFor } from "./endpoints";
import { RoomContext, type RoomConnection, type RoomStore } from "./room";
import { OwnAnswers } from "./ownAnswers";
import { RoomRefusal, type RoomSocket } from "./roomClient";
import { loadQueue, storeQueue } from "./roomQueueStorage";
import { useRoomClient } from "./useRoomClient";

export interface RoomProviderProps {
  place: Place;
  session: { session_id: string; status: string; elapsed_s: number };
  /** Something that was done and that the server refused for good. */
  onRefused?: (command: QueuedCommand, error: ErrorData) => void;
  children: ReactNode;
}

/** The room as it is comes first; what happens after it, as it happens. */
const FEATURES = ["presence", "snapshot"] as const;

/** A socket that leaves coming back to the client above it, which knows about tickets and positions. */
const openSocket = (auth: Record<string, unknown>): RoomSocket =>
  io({
    auth,
    autoConnect: false,
    reconnection: false,
    forceNew: true,
    transports: ["websocket", "polling"],
  }) as unknown as RoomSocket;

/** Give it the session's id as `key`: it is bound to one room. */
export function RoomProvider({ place, session, onRefused, children }: RoomProviderProps) {
  const interviewId = session.session_id;
  const userId = credentialsOf(place)?.user.user_id ?? "";
  const refusedRef = useRef(onRefused);
  useEffect(() => {
    refusedRef.current = onRefused;
  }, [onRefused]);

  const [store] = useState(() =>
    createStore<RoomStore>()(() => ({
      room: reduceRoom(EMPTY_ROOM, { type: "loaded", session, now: Date.now() }),
      queue: loadQueue(interviewId, userId),
    })),
  );
  const [act] = useState(
    () => (action: RoomAction) => store.setState(({ room }) => ({ room: reduceRoom(room, action) })),
  );
  const [own] = useState(() => new OwnAnswers(store.getState().queue));
  const { client, state } = useRoomClient({
    interviewId,
    userId,
    ticket: () => ticketFor(place),
    freshToken: () => freshToken(place),
    openSocket,
    online: () => navigator.onLine,
    features: FEATURES,
    queue: store.getState().queue,
    onState: ({ name }) => {
      if (name !== "connected") act({ type: "disconnected", now: Date.now() });
    },
    onEvent: (event) => act({ type: "received", event: own.known(event), now: Date.now() }),
    onQueue: (queue) => {
      storeQueue(interviewId, userId, store.getState().queue, queue);
      store.setState({ queue });
    },
    onRefused: (command, error) => {
      act({ type: "received", event: { name: "error", data: error }, now: Date.now() });
      refusedRef.current?.(command, error);
    },
  });

  const value = useMemo<RoomConnection>(() => {
    return {
      store,
      interviewId,
      userId,
      connection: state,
      retry: () => client.connect(),
      keep: (name, payload) => {
        const command = { client_id: newId(), name, payload, done_at: Date.now() };
        own.add(command);
        client.keep(command);
        return command.client_id;
      },
      request: (name, payload) => client.ask(name, payload),
      ask: async (name, payload = {}) => {
        try {
          return await client.ask(name, { client_id: newId(), ...payload });
        } catch (error) {
          const data = error instanceof RoomRefusal ? error.data : { error: "unavailable", message: "" };
          act({ type: "received", event: { name: "error", data }, now: Date.now() });
          throw error;
        }
      },
      tell: (name, payload) => client.tell(name, payload),
      dismissError: () => act({ type: "error_seen" }),
      dismissAnnouncement: (key) => act({ type: "announcement_seen", key }),
    };
  }, [store, act, own, interviewId, userId, state, client]);

  return <RoomContext.Provider value={value}>{children}</RoomContext.Provider>;
}
