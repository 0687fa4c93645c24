import { useCallback, useEffect, useRef, useState } from "react";
import type { ServerMessage } from "@/protocol/messages";
import { type ConnectionState, SocketClient, type SocketClientOptions } from "./socketClient";

export interface UseWebSocket {
  state: ConnectionState;
  client: SocketClient;
  /** Tries again at once, with five fresh tries. */
  connect: () => void;
  subscribe: (type: ServerMessage["type"], listener: (message: ServerMessage) => void) => () => void;
}

export type UseWebSocketOptions = Omit<SocketClientOptions, "onState"> & { enabled?: boolean };

/**
 * A socket for as long as the component lives. `options` are read once, when it appears: a component for another
 * session needs another `key`.
 */
export function useWebSocket(options: UseWebSocketOptions): UseWebSocket {
  const [state, setState] = useState<ConnectionState>({ name: "idle" });
  const { enabled = true } = options;
  const [client] = useState(() => new SocketClient({ ...options, onState: setState }));
  const connect = useCallback(() => client.connect(), [client]);
  const subscribe = useCallback<UseWebSocket["subscribe"]>(
    (type, listener) => client.subscribe(type, listener),
    [client],
  );
  const hidden = useRef(false);

  useEffect(() => {
    if (!enabled) return undefined;
    const online = () => client.onlineChanged(true);
    const offline = () => client.onlineChanged(false);
    const visible = () => {
      const back = hidden.current && document.visibilityState === "visible";
      hidden.current = document.visibilityState === "hidden";
      // A laptop that was closed finds its timers asleep: look after the connection when the page is seen again.
      if (back && (client.state.name === "failed" || client.state.name === "reconnecting")) client.connect();
    };
    client.connect();
    window.addEventListener("online", online);
    window.addEventListener("offline", offline);
    document.addEventListener("visibilitychange", visible);
    return () => {
      window.removeEventListener("online", online);
      window.removeEventListener("offline", offline);
      document.removeEventListener("visibilitychange", visible);
      client.close();
    };
  }, [client, enabled]);

  return { state, client, connect, subscribe };
}
