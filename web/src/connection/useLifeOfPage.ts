import { useEffect, useRef } from "react";
import type { ConnectionState } from "./socketClient";

/** A connection that a page looks after. */
interface Connected {
  readonly state: ConnectionState;
  connect: () => void;
  close: () => void;
  onlineChanged: (online: boolean) => void;
}

/** Connects for as long as the page lives, and looks after the connection when the machine comes back or is woken. */
export function useLifeOfPage(client: Connected, enabled: boolean): void {
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
}
