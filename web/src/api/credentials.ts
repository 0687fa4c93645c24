/**
 * Who is signed in. Staff have one place; a candidate has one for each interview, so that a recruiter who opens a
 * candidate's link in the same browser stays signed in.
 */

import { create } from "zustand";
import { ApiError, request } from "./http";
import type { Tokens, User } from "./types";

export interface Credentials {
  access_token: string;
  refresh_token: string;
  /** Epoch milliseconds. */
  expires_at: number;
  user: User;
}

/** `staff`, or `candidate:<session id>`. */
export type Place = "staff" | `candidate:${string}`;

const EARLY_MS = 60_000;
const PREFIX = "vivavoce.credentials.";
const keyOf = (place: Place) => PREFIX + place;

function read(place: Place): Credentials | null {
  try {
    const stored = localStorage.getItem(keyOf(place));
    const value: unknown = stored === null ? null : JSON.parse(stored);
    if (typeof value !== "object" || value === null || !("access_token" in value)) return null;
    return value as Credentials;
  } catch {
    return null;
  }
}

function write(place: Place, credentials: Credentials | null): void {
  try {
    if (credentials === null) localStorage.removeItem(keyOf(place));
    else localStorage.setItem(keyOf(place), JSON.stringify(credentials));
  } catch {
    // Without storage the sign-in lasts as long as the page.
  }
}

interface CredentialStore {
  held: Partial<Record<Place, Credentials | null>>;
}

export const useCredentialStore = create<CredentialStore>()(() => ({ held: {} }));

export function credentialsOf(place: Place): Credentials | null {
  const held = useCredentialStore.getState().held[place];
  if (held !== undefined) return held;
  // The first look fills the cache without telling anybody: nothing has changed, and this may be called in a render.
  const stored = read(place);
  useCredentialStore.getState().held[place] = stored;
  return stored;
}

/** Takes over what another tab did: signed in, signed out, or refreshed. */
export function followOtherTabs(): void {
  window.addEventListener("storage", (event) => {
    if (event.key === null || !event.key.startsWith(PREFIX)) return;
    const place = event.key.slice(PREFIX.length) as Place;
    useCredentialStore.setState(({ held }) => ({ held: { ...held, [place]: read(place) } }));
  });
}

export function setCredentials(place: Place, credentials: Credentials | null): void {
  write(place, credentials);
  useCredentialStore.setState(({ held }) => ({ held: { ...held, [place]: credentials } }));
}

export function keepTokens(place: Place, tokens: Tokens): Credentials {
  const credentials: Credentials = {
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token,
    expires_at: Date.now() + tokens.expires_in * 1000,
    user: tokens.user,
  };
  setCredentials(place, credentials);
  return credentials;
}

const underWay = new Map<Place, Promise<string | null>>();

const isFresh = (credentials: Credentials, notToken: string | null): boolean =>
  credentials.access_token !== notToken && credentials.expires_at - Date.now() > EARLY_MS;

/** Refresh tokens rotate, so only one tab may use one: the others wait and take what it got. */
async function exclusively<Value>(name: string, run: () => Promise<Value>): Promise<Value> {
  // Only secure origins have locks; elsewhere the last refresh wins.
  const locks: LockManager | null | undefined = navigator.locks;
  if (!locks) return run();
  return locks.request(name, run) as Promise<Value>;
}

async function refresh(place: Place, refused: string | null): Promise<string | null> {
  return exclusively(keyOf(place), async () => {
    const stored = read(place) ?? credentialsOf(place);
    if (stored === null) {
      setCredentials(place, null);
      return null;
    }
    if (isFresh(stored, refused)) {
      setCredentials(place, stored);
      return stored.access_token;
    }
    try {
      const tokens = await request<Tokens>("/api/v1/auth/refresh", {
        method: "POST",
        body: { refresh_token: stored.refresh_token },
      });
      return keepTokens(place, tokens).access_token;
    } catch (error) {
      if (error instanceof ApiError && [401, 403, 422].includes(error.status)) {
        setCredentials(place, null);
        return null;
      }
      throw error;
    }
  });
}

/**
 * An access token that is good for a minute at least; null when nobody is signed in. `refused` names a token that the
 * server did not take although it looked fresh. Throws NetworkError when it has to be refreshed and cannot.
 */
export function accessToken(place: Place, refused: string | null = null): Promise<string | null> {
  const held = credentialsOf(place);
  if (held === null) return Promise.resolve(null);
  if (isFresh(held, refused)) return Promise.resolve(held.access_token);
  const running = underWay.get(place);
  if (running !== undefined) return running;
  const started = refresh(place, refused).finally(() => underWay.delete(place));
  underWay.set(place, started);
  return started;
}
