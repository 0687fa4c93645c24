import { useState } from "react";
import { RoomClient, type RoomClientOptions } from "./roomClient";
import type { ConnectionState } from "./socketClient";
import { useLifeOfPage } from "./useLifeOfPage";

/**
 * A connection to a room for as long as the component lives. `options` are read once, when it appears: a component for
 * another room needs another `key`.
 */
export function useRoomClient(options: RoomClientOptions): { client: RoomClient; state: ConnectionState } {
  const [state, setState] = useState<ConnectionState>({ name: "idle" });
  const [client] = useState(
    () =>
      new RoomClient({
        ...options,
        onState: (next) => {
          setState(next);
          options.onState(next);
        },
      }),
  );
  useLifeOfPage(client, true);
  return { client, state };
}
