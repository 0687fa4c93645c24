import { Link, useMatchRoute } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import css from "./LinkTabs.module.css";

export interface LinkTab {
  to: ComponentProps<typeof Link>["to"];
  params?: Record<string, string>;
  label: string;
  /** How many wait there; nothing is shown for none. */
  count?: number;
  /** Only at this very address, not at those below it. */
  exact?: boolean;
  /** Addresses elsewhere that are parts of it. */
  also?: readonly ComponentProps<typeof Link>["to"][];
}

/** The parts of a page that have addresses of their own. */
export function LinkTabs({ label, tabs }: { label: string; tabs: readonly LinkTab[] }) {
  const matches = useMatchRoute();
  const isBeside = ({ also = [], params = {} }: LinkTab) => also.some((to) => matches({ to, params } as never) !== false);
  return (
    <nav className={css.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          key={tab.label}
          to={tab.to}
          params={(tab.params ?? {}) as never}
          activeOptions={{ exact: tab.exact ?? false, includeSearch: false }}
          className={css.tab}
          {...(isBeside(tab) ? { "data-status": "active", "aria-current": "true" } : {})}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && <span className={css.count}>{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
