import { Link } from "@tanstack/react-router";
import type { ComponentProps, ReactNode } from "react";
import { BackIcon } from "./icons";

export interface BackLinkProps {
  to: ComponentProps<typeof Link>["to"];
  params?: Record<string, string>;
  children: ReactNode;
}

/** To the page above. */
export function BackLink({ to, params = {}, children }: BackLinkProps) {
  return (
    <Link to={to} params={params as never} style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}>
      <BackIcon size={16} />
      {children}
    </Link>
  );
}
