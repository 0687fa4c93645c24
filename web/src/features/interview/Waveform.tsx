import { useEffect, useRef } from "react";
import css from "./Voice.module.css";

const BARS = 40;

export interface WaveformProps {
  /** Calls back with each level, 0 to 1. */
  onLevel: (listener: (level: number) => void) => () => void;
  active: boolean;
}

/** How loud the last seconds were. It changes ten times a second, so it is drawn past React; words beside it say the same. */
export function Waveform({ onLevel, active }: WaveformProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const bars = Array.from(box.current?.children ?? []) as HTMLElement[];
    const levels = new Array<number>(BARS).fill(0);
    const draw = () => bars.forEach((bar, index) => bar.style.setProperty("--level", String(levels[index] ?? 0)));
    draw();
    if (!active) return undefined;
    return onLevel((level) => {
      levels.push(level);
      levels.shift();
      draw();
    });
  }, [onLevel, active]);
  return (
    <div ref={box} className={css.waveform} data-active={active} aria-hidden="true">
      {Array.from({ length: BARS }, (_, index) => (
        <i key={index} />
      ))}
    </div>
  );
}
