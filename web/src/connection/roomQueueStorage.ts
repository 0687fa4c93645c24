/** The queue on this machine, so that a closed tab or a crash loses nothing that was done. */

import { parseQueue, type RoomQueue } from "@/protocol/roomQueue";

const keyOf = (interviewId: string, userId: string) => `vivavoce.room.${interviewId}.${userId}`;

export function loadQueue(interviewId: string, userId: string): RoomQueue {
  try {
    return parseQueue(localStorage.getItem(keyOf(interviewId, userId)));
  } catch {
    return [];
  }
}

/** Writes the change from `before` to `after`, and leaves alone what another tab has put there meanwhile. */
export function storeQueue(interviewId: string, userId: string, before: RoomQueue, after: RoomQueue): void {
  const gone = new Set(before.map((command) => command.client_id));
  const kept = loadQueue(interviewId, userId).filter((command) => !gone.has(command.client_id));
  const next = [...kept, ...after];
  try {
    if (next.length === 0) localStorage.removeItem(keyOf(interviewId, userId));
    else localStorage.setItem(keyOf(interviewId, userId), JSON.stringify(next));
  } catch {
    // Without storage the page's own memory has to do.
  }
}
