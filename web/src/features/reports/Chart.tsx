import { useComputedColorScheme } from "@mantine/core";
import type { EChartsCoreOption } from "echarts/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useText } from "@/ui/text";
import css from "./Report.module.css";

export interface Palette {
  ink: string;
  faint: string;
  line: string;
  surface: string;
  sunken: string;
  accent: string;
  font: string;
}

function paletteOf(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: read("--vv-ink"),
    faint: read("--vv-ink-3"),
    line: read("--vv-line"),
    surface: read("--vv-surface"),
    sunken: read("--vv-sunken"),
    accent: read("--vv-accent"),
    font: style.fontFamily,
  };
}

export interface ChartProps {
  /** What the chart shows, in a sentence. */
  label: string;
  height: number;
  option: (palette: Palette, width: number) => EChartsCoreOption;
  /** The same figures as a table. */
  table: ReactNode;
}

/** A picture for who likes pictures, and a table with the same figures for everybody. */
export function Chart({ label, height, option, table }: ChartProps) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let left = false;
    let cleanUp = () => {};
    import("./echarts")
      .then(({ init }) => {
        if (left) return;
        const chart = init(element, null, { renderer: "svg" });
        const draw = () => {
          chart.resize();
          chart.setOption(option(paletteOf(element), element.clientWidth), true);
        };
        draw();
        const observer = new ResizeObserver(draw);
        observer.observe(element);
        cleanUp = () => {
          observer.disconnect();
          chart.dispose();
        };
      })
      .catch(() => setFailed(true));
    return () => {
      left = true;
      cleanUp();
    };
  }, [option, scheme]);

  return (
    <figure>
      {!failed && <div ref={box} role="img" aria-label={label} style={{ height }} />}
      <details className={css.tableToggle} open={failed}>
        <summary>{t("report.as_table")}</summary>
        <div className={css.tableScroll} tabIndex={0} role="group" aria-label={label}>
          {table}
        </div>
      </details>
    </figure>
  );
}
