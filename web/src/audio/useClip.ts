import { useCallback, useEffect, useRef, useState } from "react";

export interface Clips {
  /** The one that is being fetched or heard. */
  active: string | null;
  loading: boolean;
  failed: { key: string; error: unknown } | null;
  /** Fetches and plays one; the same again, or `stop`, ends it. */
  toggle: (key: string, load: (signal: AbortSignal) => Promise<Blob>) => void;
  stop: () => void;
}

/** Plays recordings, one at a time. */
export function useClip(): Clips {
  const [active, setActive] = useState<string | null>(null);
  const [loading, setLoading] = useState(false);
  const [failed, setFailed] = useState<Clips["failed"]>(null);
  const release = useRef<(() => void) | null>(null);

  const stop = useCallback(() => {
    release.current?.();
    release.current = null;
    setActive(null);
    setLoading(false);
  }, []);

  const play = useCallback(
    async (key: string, load: (signal: AbortSignal) => Promise<Blob>) => {
      const fetching = new AbortController();
      const sound = new Audio();
      let address = "";
      release.current = () => {
        fetching.abort();
        sound.onended = null;
        sound.pause();
        if (address !== "") URL.revokeObjectURL(address);
      };
      setActive(key);
      setLoading(true);
      setFailed(null);
      try {
        address = URL.createObjectURL(await load(fetching.signal));
        if (fetching.signal.aborted) return URL.revokeObjectURL(address);
        sound.onended = stop;
        sound.src = address;
        await sound.play();
        setLoading(false);
      } catch (error) {
        if (fetching.signal.aborted) return;
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

  useEffect(() => () => release.current?.(), []);
  return { active, loading, failed, toggle, stop };
}
