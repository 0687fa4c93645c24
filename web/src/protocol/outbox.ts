/** What the candidate has sent and the server has not yet said it keeps. Pure; storage is elsewhere. */

export interface OutboxItem {
  client_id: string;
  text: string;
  /** When it was written, epoch milliseconds. */
  written_at: number;
}

export type Outbox = readonly OutboxItem[];

export const add = (outbox: Outbox, item: OutboxItem): Outbox =>
  outbox.some((known) => known.client_id === item.client_id) ? outbox : [...outbox, item];

export const remove = (outbox: Outbox, clientId: string): Outbox =>
  outbox.some((item) => item.client_id === clientId)
    ? outbox.filter((item) => item.client_id !== clientId)
    : outbox;

const isItem = (value: unknown): value is OutboxItem => {
  if (typeof value !== "object" || value === null) return false;
  const item = value as Record<string, unknown>;
  return typeof item["client_id"] === "string" && typeof item["text"] === "string" && item["text"] !== "";
};

/** Reads a stored outbox; what cannot be read is left out, and never breaks the page. */
export function parse(stored: string | null): Outbox {
  if (stored === null) return [];
  try {
    const value: unknown = JSON.parse(stored);
    if (!Array.isArray(value)) return [];
    return value
      .filter(isItem)
      .map(({ client_id, text, written_at }) => ({ client_id, text, written_at: Number(written_at) || 0 }));
  } catch {
    return [];
  }
}

export const serialize = (outbox: Outbox): string => JSON.stringify(outbox);
