/** Invitation links that were just made, in memory only: the server tells a link once, and whoever has it may come in. */

import { create } from "zustand";
import type { Invitation } from "@/api/types";

interface Links {
  byPanel: Record<string, readonly Invitation[]>;
}

export const usePanelLinks = create<Links>()(() => ({ byPanel: {} }));

export const keepPanelLink = (id: string, invitation: Invitation): void =>
  usePanelLinks.setState(({ byPanel }) => ({ byPanel: { ...byPanel, [id]: [...(byPanel[id] ?? []), invitation] } }));

export const linkOf = (invitation: Invitation): string =>
  new URL(invitation.url ?? `/i/${encodeURIComponent(invitation.token ?? "")}`, window.location.origin).href;
