/** One panel over one socket, for the components below. */

import { type ReactNode, useMemo, useState } from "react";
import { createStore } from "zustand";
import { credentialsOf, type Place } from "@/api/credentials";
import { EMPTY_PANEL, reducePanel } from "@/protocol/panel";
import { addressOf, freshToken } from "./endpoints";
import { PanelContext, type PanelConnection, type PanelStore } from "./panel";
import { PanelClient, PanelRefusal } from "./panelClient";
import type { ConnectionState } from "./socketClient";
import { useLifeOfPage } from "./useLifeOfPage";

async function panelAddress(sessionId: string, place: Place, query: Record<string, string>): Promise<string> {
  const address = new URL(await addressOf({ door: "panel", sessionId }, place));
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

/** Give it the session's id as `key`: it is bound to one panel. */
export function PanelProvider({ place, sessionId, children }: { place: Place; sessionId: string; children: ReactNode }) {
  const [state, setState] = useState<ConnectionState>({ name: "idle" });
  const [store] = useState(() =>
    createStore<PanelStore>()(() => ({ panel: EMPTY_PANEL, error: null, audioWaiting: false, audioRefusals: 0 })),
  );
  const [client] = useState(
    () =>
      new PanelClient({
        address: (query) => panelAddress(sessionId, place, query),
        freshToken: () => freshToken(place),
        openSocket: (address) => new WebSocket(address) as never,
        online: () => navigator.onLine,
        onState: setState,
        onMessage: (message) => store.setState(({ panel }) => ({ panel: reducePanel(panel, message, Date.now()) })),
        onAudioRefused: ({ message }) =>
          store.setState(({ audioRefusals }) => ({ error: message, audioRefusals: audioRefusals + 1 })),
        onAudioWaiting: (audioWaiting) => store.setState({ audioWaiting }),
      }),
  );
  useLifeOfPage(client, true);
  // The same for as long as the page lives: a recording goes on over a lost connection.
  const [microphone] = useState<PanelConnection["microphone"]>(() => ({
    start: (own) => client.startRecording(own),
    push: (bytes) => client.push(bytes),
    finish: () => client.finishRecording(),
  }));

  const value = useMemo<PanelConnection>(
    () => ({
      store,
      sessionId,
      userId: credentialsOf(place)?.user.user_id ?? "",
      connection: state,
      retry: () => client.connect(),
      ask: async (type, payload = {}) => {
        try {
          await client.ask(type, payload);
          return true;
        } catch (error) {
          store.setState({ error: error instanceof PanelRefusal ? error.message : "" });
          return false;
        }
      },
      dismissError: () => store.setState({ error: null }),
      microphone,
    }),
    [store, client, microphone, sessionId, place, state],
  );
  return <PanelContext.Provider value={value}>{children}</PanelContext.Provider>;
}
