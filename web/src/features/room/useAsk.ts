import { useState } from "react";
import { useRoomConnection } from "@/connection/room";

export interface Ask {
  /** True when the server did it. What went wrong is shown by the room's notices. */
  run: (name: string, payload?: Record<string, unknown>) => Promise<boolean>;
  /** The event that is waited for. */
  busy: string | null;
}

/** Asks the server to do something now. */
export function useAsk(): Ask {
  const { ask } = useRoomConnection();
  const [busy, setBusy] = useState<string | null>(null);
  const run: Ask["run"] = async (name, payload = {}) => {
    setBusy(name);
    try {
      await ask(name, payload);
      return true;
    } catch {
      return false;
    } finally {
      setBusy(null);
    }
  };
  return { run, busy };
}
