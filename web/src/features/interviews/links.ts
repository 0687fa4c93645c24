/**
 * Invitation links that were just made. The server tells a link once only; it is kept for as long as this page lives,
 * in memory, because whoever has it can speak as the candidate.
 */

import { create } from "zustand";
import type { Invitation } from "@/api/types";

interface Links {
  bySession: Record<string, Invitation>;
}

export const useLinks = create<Links>()(() => ({ bySession: {} }));

export const keepLink = (sessionId: string, invitation: Invitation): void =>
  useLinks.setState(({ bySession }) => ({ bySession: { ...bySession, [sessionId]: invitation } }));

export const dropLink = (sessionId: string): void =>
  useLinks.setState(({ bySession }) => {
    const { [sessionId]: _, ...rest } = bySession;
    return { bySession: rest };
  });

/** The whole address, whether the server told a path or an address. */
export const addressOf = (invitation: Invitation): string =>
  new URL(invitation.url ?? `/i/${encodeURIComponent(invitation.token ?? "")}`, window.location.origin).href;
