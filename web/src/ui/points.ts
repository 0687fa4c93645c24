/** Whole points without decimals, others with as many as they need. */
export const digitsOf = (points: number): number => (Number.isInteger(points) ? 0 : Number.isInteger(points * 10) ? 1 : 2);
