/** Where the doors are, and how to knock: a single-use ticket for each connect, never a token in an address. */

import { socketTicket } from "@/api/client";
import { accessToken, type Place } from "@/api/credentials";
import { ApiError } from "@/api/http";
import { AddressRefused } from "./socketClient";

export type Endpoint =
  | { door: "dialogue"; sessionId: string }
  | { door: "panel"; sessionId: string }
  | { door: "progress"; batchId: string }
  | { door: "quality" | "grading"; examId: string }
  | { door: "system" };

function pathOf(endpoint: Endpoint): string {
  switch (endpoint.door) {
    case "dialogue":
      return `/api/v1/ws/${encodeURIComponent(endpoint.sessionId)}`;
    case "panel":
      return `/api/v1/realtime-interview/ws/interview/${encodeURIComponent(endpoint.sessionId)}`;
    case "progress":
      return `/ws/progress/${encodeURIComponent(endpoint.batchId)}`;
    case "system":
      return "/ws/system";
    default:
      return `/ws/${endpoint.door}/${encodeURIComponent(endpoint.examId)}`;
  }
}

const CODES: Record<number, number> = { 401: 4401, 403: 4403, 404: 4404 };

/** A ticket that opens one socket within 30 s. Throws AddressRefused where trying again cannot help. */
export async function ticketFor(place: Place): Promise<string> {
  try {
    return (await socketTicket(place)).ticket;
  } catch (error) {
    const code = error instanceof ApiError ? CODES[error.status] : undefined;
    if (code !== undefined) throw new AddressRefused(code, (error as ApiError).message);
    throw error;
  }
}

/** `position`: where a viewer is who comes back; what came after it is told again. */
export async function addressOf(
  endpoint: Endpoint,
  place: Place,
  position?: { last_seq: number; epoch: string },
): Promise<string> {
  const ticket = await ticketFor(place);
  const address = new URL(pathOf(endpoint), window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("ticket", ticket);
  if (position !== undefined) {
    address.searchParams.set("last_seq", String(position.last_seq));
    address.searchParams.set("epoch", position.epoch);
  }
  return address.href;
}

export const freshToken = (place: Place): Promise<string | null> => accessToken(place);
