/** Where the doors are, and how to knock: a single-use ticket for each connect, never a token in an address. */

import { socketTicket } from "@/api/client";
import { accessToken, type Place } from "@/api/credentials";
import { ApiError } from "@/api/http";
import { AddressRefused } from "./socketClient";

export type Endpoint = { door: "dialogue"; sessionId: string };

const PATHS: Record<Endpoint["door"], (id: string) => string> = {
  dialogue: (id) => `/api/v1/ws/${encodeURIComponent(id)}`,
};

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

export async function addressOf(endpoint: Endpoint, place: Place): Promise<string> {
  const ticket = await ticketFor(place);
  const address = new URL(PATHS[endpoint.door](endpoint.sessionId), window.location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.searchParams.set("ticket", ticket);
  return address.href;
}

export const freshToken = (place: Place): Promise<string | null> => accessToken(place);
