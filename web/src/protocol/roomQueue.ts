/** What was done in a room and the server has not yet said it keeps. Pure; storage is elsewhere. */

export interface QueuedCommand {
  client_id: string;
  /** The event's name. */
  name: string;
  payload: Record<string, unknown>;
  /** When it was done, epoch milliseconds. */
  done_at: number;
}

export type RoomQueue = readonly QueuedCommand[];

export const enqueue = (queue: RoomQueue, command: QueuedCommand): RoomQueue =>
  queue.some((known) => known.client_id === command.client_id) ? queue : [...queue, command];

export const dequeue = (queue: RoomQueue, clientId: string): RoomQueue =>
  queue.some((command) => command.client_id === clientId)
    ? queue.filter((command) => command.client_id !== clientId)
    : queue;

const isCommand = (value: unknown): value is QueuedCommand => {
  if (typeof value !== "object" || value === null) return false;
  const command = value as Record<string, unknown>;
  return (
    typeof command["client_id"] === "string" &&
    typeof command["name"] === "string" &&
    typeof command["payload"] === "object" &&
    command["payload"] !== null
  );
};

/** Reads a stored queue; what cannot be read is left out, and never breaks the page. */
export function parseQueue(stored: string | null): RoomQueue {
  if (stored === null) return [];
  try {
    const value: unknown = JSON.parse(stored);
    if (!Array.isArray(value)) return [];
    return value
      .filter(isCommand)
      .map(({ client_id, name, payload, done_at }) => ({ client_id, name, payload, done_at: Number(done_at) || 0 }));
  } catch {
    return [];
  }
}
