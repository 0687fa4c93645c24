/** One conversation over one socket, for the components below. */

import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { createStore } from "zustand";
import { credentialsOf, type Place } from "@/api/credentials";
import type { HistoryMessage, Session } from "@/api/types";
import { type Conversation, EMPTY, reduce } from "@/protocol/conversation";
import { newId } from "@/protocol/ids";
import type { ErrorData, Flag } from "@/protocol/messages";
import type { OutboxItem } from "@/protocol/outbox";
import { AudioUplink } from "./audioUplink";
import { type DialogueStore, DialogueContext } from "./dialogue";
import { addressOf, freshToken } from "./endpoints";
import { loadOutbox, storeOutbox } from "./outboxStorage";
import { useDialogueSocket } from "./useDialogueSocket";

export interface DialogueProviderProps {
  place: Place;
  session: Session;
  messages: readonly HistoryMessage[];
  /** A text that the server refused for good: it goes back to where it was written. */
  onRefused?: (item: OutboxItem, error: ErrorData) => void;
  children: ReactNode;
}

const WATCHER_FEATURES = ["status", "deltas", "progress"] as const;
/** The candidate is spoken to first; somebody who watches must not set that off. */
const CANDIDATE_FEATURES = [...WATCHER_FEATURES, "opening", "partials"] as const;

/** Give it the session's id as `key`: it is bound to one session. */
export function DialogueProvider({ place, session, messages, onRefused, children }: DialogueProviderProps) {
  const sessionId = session.session_id;
  const userId = credentialsOf(place)?.user.user_id ?? "";
  const over = session.status === "ended" || session.status === "stopped";
  const [store] = useState(() => {
    const outbox = loadOutbox(sessionId, userId);
    const conversation: Conversation = reduce(EMPTY, {
      type: "loaded",
      messages,
      session,
      pending: outbox,
      now: Date.now(),
    });
    return createStore<DialogueStore>()(() => ({ conversation, outbox, uploading: false }));
  });
  const uplink = useRef<AudioUplink>(null);

  const refusedRef = useRef(onRefused);
  useEffect(() => {
    refusedRef.current = onRefused;
  }, [onRefused]);

  const { state, client, connect } = useDialogueSocket({
    sessionId,
    enabled: !over,
    features: place === "staff" ? WATCHER_FEATURES : CANDIDATE_FEATURES,
    position: { last_seq: session.last_seq, epoch: session.epoch },
    outbox: store.getState().outbox,
    address: () => addressOf({ door: "dialogue", sessionId }, place),
    freshToken: () => freshToken(place),
    openSocket: (address) => new WebSocket(address) as never,
    online: () => navigator.onLine,
    onMessage: (message) => {
      if (uplink.current?.receive(message) === true) return;
      store.setState(({ conversation }) => ({
        conversation: reduce(conversation, { type: "received", message, now: Date.now() }),
      }));
    },
    onOutbox: (outbox) => {
      storeOutbox(sessionId, userId, store.getState().outbox, outbox);
      store.setState({ outbox });
    },
    onRefused: (item, error) => {
      store.setState(({ conversation }) => ({
        conversation: reduce(conversation, { type: "refused", client_id: item.client_id }),
      }));
      refusedRef.current?.(item, error);
    },
  });

  useEffect(() => {
    const audio = new AudioUplink({
      wire: client,
      onChange: (uploading) => store.setState({ uploading }),
      onRefused: (error) =>
        store.setState(({ conversation }) => ({ conversation: { ...conversation, error, unheard: null } })),
    });
    uplink.current = audio;
    if (client.state.name === "connected") audio.connected();
    const stop = client.subscribe("connected", () => {
      if (client.state.name === "connected") audio.connected();
    });
    return () => {
      stop();
      audio.close();
    };
  }, [client, store]);

  useEffect(() => {
    if (state.name === "connected" || state.name === "ended") return;
    store.setState(({ conversation }) => ({
      conversation: reduce(conversation, { type: "disconnected", now: Date.now() }),
    }));
  }, [state.name, store]);

  const value = useMemo(
    () => ({
      store,
      connection: state,
      retry: connect,
      send: (text: string) => {
        const item: OutboxItem = { client_id: newId(), text, written_at: Date.now() };
        store.setState(({ conversation }) => ({ conversation: reduce(conversation, { type: "queued", item }) }));
        client.sendText(item);
      },
      thinkTime: (seconds?: number) =>
        client.sendNow("think_time", { client_id: newId(), ...(seconds === undefined ? {} : { seconds }) }),
      recording: {
        start: (endpointing: boolean) => uplink.current?.start({ endpointing }),
        push: (bytes: Uint8Array<ArrayBuffer>) => uplink.current?.push(bytes),
        finish: () => uplink.current?.finish(),
      },
      flagged: (utteranceId: string, flag: Flag | null) =>
        store.setState(({ conversation }) => ({
          conversation: reduce(conversation, { type: "flagged", utterance_id: utteranceId, flag }),
        })),
      dismissError: () =>
        store.setState(({ conversation }) => ({ conversation: reduce(conversation, { type: "error_seen" }) })),
    }),
    [store, state, connect, client],
  );

  return <DialogueContext.Provider value={value}>{children}</DialogueContext.Provider>;
}
