import { Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactNode, useId, useState } from "react";
import { useText } from "./text";
import css from "./Panes.module.css";

export interface Pane {
  id: string;
  title: string;
  /** Which column it stands in on a wide screen, from 0. */
  column: number;
  /** How many new things there are, for the tab of a narrow screen. */
  count?: number;
  hint?: ReactNode;
  content: ReactNode;
}

function Section({ pane }: { pane: Pane }) {
  const id = useId();
  return (
    <section className={css.pane} data-pane={pane.id} aria-labelledby={id}>
      <div className={css.paneHead}>
        <h2 id={id}>{pane.title}</h2>
        {pane.hint}
      </div>
      <div className={css.paneBody}>{pane.content}</div>
    </section>
  );
}

/** The parts of a page on which much goes on: side by side where there is room, one at a time where there is not. */
export function Panes({ panes }: { panes: readonly Pane[] }) {
  const t = useText();
  const wide = useMediaQuery("(min-width: 62rem)", true, { getInitialValueInEffect: false });
  const [tab, setTab] = useState(panes[0]?.id ?? "");
  const [seen, setSeen] = useState<Readonly<Record<string, number>>>({});

  if (wide || panes.length === 1) {
    const columns = [...new Set(panes.map((pane) => pane.column))].sort();
    return (
      <div className={css.columns} data-columns={columns.length}>
        {columns.map((column) => (
          <div key={column} className={css.column}>
            {panes
              .filter((pane) => pane.column === column)
              .map((pane) => (
                <Section key={pane.id} pane={pane} />
              ))}
          </div>
        ))}
      </div>
    );
  }
  const newIn = (pane: Pane) => (pane.id === tab ? 0 : Math.max(0, (pane.count ?? 0) - (seen[pane.id] ?? 0)));
  const change = (next: string | null) => {
    const counts = Object.fromEntries(panes.map((pane) => [pane.id, pane.count ?? 0]));
    setSeen((before) => ({ ...before, [tab]: counts[tab] ?? 0, [next ?? ""]: counts[next ?? ""] ?? 0 }));
    setTab(next ?? "");
  };
  return (
    <Tabs value={tab} onChange={change} className={css.tabs}>
      <Tabs.List grow>
        {panes.map((pane) => (
          <Tabs.Tab key={pane.id} value={pane.id}>
            {pane.title}
            {newIn(pane) > 0 && (
              <span className={css.count}>
                {newIn(pane)}
                <span className={css.hidden}> {t("room.new_here")}</span>
              </span>
            )}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {panes.map((pane) => (
        <Tabs.Panel key={pane.id} value={pane.id}>
          <Section pane={pane} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
