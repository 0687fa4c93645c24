import css from "./Grading.module.css";

const WIDTH = 100;
const HEIGHT = 40;

export interface CurveProps {
  points: readonly { at: number; value: number }[];
  /** What the curve shows, in a sentence with its last figure. */
  label: string;
  max?: number;
  /** A line that the curve is held against. */
  threshold?: number | undefined;
}

/** A figure over time. Nothing is drawn before there are two points. */
export function Curve({ points, label, max, threshold }: CurveProps) {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || first.at === last.at) return null;
  const top = max ?? Math.max(...points.map((point) => point.value), 1e-9);
  const x = (at: number) => ((at - first.at) / (last.at - first.at)) * WIDTH;
  const y = (value: number) => HEIGHT - (Math.min(value, top) / top) * HEIGHT;
  return (
    <svg className={css.curve} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {threshold !== undefined && <line x1={0} x2={WIDTH} y1={y(threshold)} y2={y(threshold)} />}
      <polyline points={points.map((point) => `${x(point.at).toFixed(2)},${y(point.value).toFixed(2)}`).join(" ")} />
    </svg>
  );
}
