import { useEffect, useState } from "react";

const EVERY_MS = 500;

/** This machine's clock, in steps of half a second while it matters. */
export function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
