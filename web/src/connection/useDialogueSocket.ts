import { useCallback, useState } from "react";
import type { ServerMessage } from "@/protocol/messages";
import { type ConnectionState, SocketClient, type SocketClientOptions } from "./socketClient";
import { useLifeOfPage } from "./useLifeOfPage";

export interface UseDialogueSocket {
  state: ConnectionState;
  client: SocketClient;
  /** Tries again at once, with five fresh tries. */
  connect: () => void;
  subscribe: (type: ServerMessage["type"], listener: (message: ServerMessage) => void) => () => void;
}

export type UseDialogueSocketOptions = Omit<SocketClientOptions, "onState"> & { enabled?: boolean };

/**
 * A socket for as long as the component lives. `options` are read once, when it appears: a component for another
 * session needs another `key`.
 */
export function useDialogueSocket(options: UseDialogueSocketOptions): UseDialogueSocket {
  const [state, setState] = useState<ConnectionState>({ name: "idle" });
  const { enabled = true } = options;
  const [client] = useState(() => new SocketClient({ ...options, onState: setState }));
  const connect = useCallback(() => client.connect(), [client]);
  const subscribe = useCallback<UseDialogueSocket["subscribe"]>(
    (type, listener) => client.subscribe(type, listener),
    [client],
  );
  useLifeOfPage(client, enabled);

  return { state, client, connect, subscribe };
}
