import { createContext, useContext } from "react";
import { type StoreApi, useStore } from "zustand";
import type { RoomQueue } from "@/protocol/roomQueue";
import type { Room } from "@/protocol/roomState";
import type { ConnectionState } from "./socketClient";

export interface RoomStore {
  room: Room;
  queue: RoomQueue;
}

export interface RoomConnection {
  store: StoreApi<RoomStore>;
  interviewId: string;
  /** Who this viewer is in the room. */
  userId: string;
  connection: ConnectionState;
  retry: () => void;
  /** Does something that must not be lost: it is kept here until the server keeps it. Returns its `client_id`. */
  keep: (name: string, payload: Record<string, unknown>) => string;
  /** Does something now or not at all, and tells the answer. Throws RoomRefusal and RoomUnreachable. */
  request: (name: string, payload: Record<string, unknown>) => Promise<Record<string, unknown>>;
  /** The same; what goes wrong is shown in the room as well. */
  ask: (name: string, payload?: Record<string, unknown>) => Promise<Record<string, unknown>>;
  /** Says something of the moment. False when there is no connection. */
  tell: (name: string, payload: Record<string, unknown>) => boolean;
  dismissError: () => void;
  dismissAnnouncement: (key: string) => void;
}

export const RoomContext = createContext<RoomConnection | null>(null);

export function useRoomConnection(): RoomConnection {
  const connection = useContext(RoomContext);
  if (connection === null) throw new Error("useRoomConnection stands outside of a RoomProvider");
  return connection;
}

export const useRoom = <Value>(select: (room: Room) => Value): Value =>
  useStore(useRoomConnection().store, ({ room }) => select(room));

export const useRoomQueue = (): RoomQueue => useStore(useRoomConnection().store, ({ queue }) => queue);
