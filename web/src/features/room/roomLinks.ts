/**
 * Invitation links that were just made. The server tells a link once only; it is kept for as long as this page lives,
 * in memory, because whoever has it can enter the room.
 */

import { create } from "zustand";
import type { Invitation } from "@/api/types";

interface Links {
  byRoom: Record<string, readonly Invitation[]>;
}

export const useRoomLinks = create<Links>()(() => ({ byRoom: {} }));

export const keepRoomLink = (id: string, invitation: Invitation): void =>
  useRoomLinks.setState(({ byRoom }) => ({ byRoom: { ...byRoom, [id]: [...(byRoom[id] ?? []), invitation] } }));

export const dropRoomLink = (id: string, invitationId: string): void =>
  useRoomLinks.setState(({ byRoom }) => ({
    byRoom: { ...byRoom, [id]: (byRoom[id] ?? []).filter((link) => link.invitation_id !== invitationId) },
  }));

/** The whole address, whether the server told a path or an address. */
export const linkOf = (invitation: Invitation): string =>
  new URL(invitation.url ?? `/i/${encodeURIComponent(invitation.token ?? "")}`, window.location.origin).href;
