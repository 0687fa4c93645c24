import { useCallback, useEffect, useRef, useState } from "react";

/** What is to be heard, one after the other. */
export type Load = (signal: AbortSignal) => Promise<readonly Blob[]>;

export interface Clips {
  /** The one that is being fetched or heard. */
  active: string | null;
  loading: boolean;
  failed: { key: string; error: unknown } | null;
  /** Fetches and plays one; the same again, or `stop`, ends it. */
  toggle: (key: string, load: Load) => void;
  stop: () => void;
}

/** Plays one after the other; resolves at the end, or rejects with what the browser says. */
async function playAll(blobs: readonly Blob[], signal: AbortSignal, onSound: () => void): Promise<void> {
  for (const blob of blobs) {
    if (signal.aborted) return;
    const address = URL.createObjectURL(blob);
    const sound = new Audio(address);
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener("abort", () => {
          sound.pause();
          resolve();
        });
        sound.onended = () => resolve();
        sound.onerror = () => reject(new Error("this recording cannot be played"));
        sound.play().then(onSound, reject);
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }
}

/** Plays recordings, one at a time. */
export function useClip(): Clips {
  const [active, setActive] = useState<string | null>(null);
  const [loading, setLoading] = useState(false);
  const [failed, setFailed] = useState<Clips["failed"]>(null);
  const playing = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    playing.current?.abort();
    playing.current = null;
    setActive(null);
    setLoading(false);
  }, []);

  const play = useCallback(
    async (key: string, load: Load) => {
      const mine = new AbortController();
      playing.current = mine;
      setActive(key);
      setLoading(true);
      setFailed(null);
      try {
        await playAll(await load(mine.signal), mine.signal, () => setLoading(false));
        if (!mine.signal.aborted) stop();
      } catch (error) {
        if (mine.signal.aborted) return;
        stop();
        setFailed({ key, error });
      }
    },
    [stop],
  );

  const toggle = useCallback<Clips["toggle"]>(
    (key, load) => {
      const again = active === key;
      stop();
      if (!again) void play(key, load);
    },
    [active, play, stop],
  );

  useEffect(() => () => playing.current?.abort(), []);
  return { active, loading, failed, toggle, stop };
}
