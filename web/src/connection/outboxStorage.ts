/** The outbox on this machine, so that a closed tab or a crash loses nothing that was sent. */

import { type Outbox, parse, serialize } from "@/protocol/outbox";

const keyOf = (sessionId: string, userId: string) => `vivavoce.outbox.${sessionId}.${userId}`;

export function loadOutbox(sessionId: string, userId: string): Outbox {
  try {
    return parse(localStorage.getItem(keyOf(sessionId, userId)));
  } catch {
    return [];
  }
}

/** Writes the change from `before` to `after`, and leaves alone what another tab has put there meanwhile. */
export function storeOutbox(sessionId: string, userId: string, before: Outbox, after: Outbox): void {
  const gone = new Set(before.map((item) => item.client_id));
  const kept = loadOutbox(sessionId, userId).filter((item) => !gone.has(item.client_id));
  const next = [...kept, ...after];
  try {
    if (next.length === 0) localStorage.removeItem(keyOf(sessionId, userId));
    else localStorage.setItem(keyOf(sessionId, userId), serialize(next));
  } catch {
    // Without storage the page's own memory has to do.
  }
}
