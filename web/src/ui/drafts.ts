/** What somebody is writing survives a reload, a crash and a lost connection. */

import { useCallback, useEffect, useRef, useState } from "react";

const PREFIX = "vivavoce.draft.";

export function readDraft<Value>(key: string, fallback: Value, isValue: (value: unknown) => value is Value): Value {
  try {
    const stored = localStorage.getItem(PREFIX + key);
    if (stored === null) return fallback;
    const value: unknown = JSON.parse(stored);
    return isValue(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

export function writeDraft(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage must not stop anybody from typing.
  }
}

export function clearDraft(key: string): void {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Nothing was stored then.
  }
}

type Change<Value> = Value | ((before: Value) => Value);

/** State that is kept under `key`. The third value forgets it and goes back to `initial`. */
export function useDraft<Value>(
  key: string,
  initial: Value,
  isValue: (value: unknown) => value is Value,
): [Value, (change: Change<Value>) => void, () => void] {
  const [value, setValue] = useState<Value>(() => readDraft(key, initial, isValue));
  const latest = useRef(value);
  const first = useRef(initial);

  useEffect(() => {
    latest.current = value;
  }, [value]);

  const change = useCallback(
    (next: Change<Value>) => {
      const written = typeof next === "function" ? (next as (before: Value) => Value)(latest.current) : next;
      latest.current = written;
      // Written at once, not in an effect: the page may be gone before the next one runs.
      writeDraft(key, written);
      setValue(written);
    },
    [key],
  );

  const forget = useCallback(() => {
    clearDraft(key);
    latest.current = first.current;
    setValue(first.current);
  }, [key]);

  return [value, change, forget];
}

export const isString = (value: unknown): value is string => typeof value === "string";
