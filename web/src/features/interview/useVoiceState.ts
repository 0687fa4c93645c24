import { useQuery } from "@tanstack/react-query";
import { voiceState } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { VoiceState } from "@/api/types";

const ASK_AGAIN_MS = 3_000;

/** Whether one can speak here; undefined until that is known. Asked again while voice is being set up. */
export function useVoiceState(place: Place): VoiceState | undefined {
  const query = useQuery({
    queryKey: ["voice"],
    queryFn: ({ signal }) => voiceState(place, signal),
    refetchInterval: ({ state }) => (state.data?.state === "fetching" ? ASK_AGAIN_MS : false),
    staleTime: 60_000,
    retry: 1,
  });
  // A server that does not say takes no voice.
  return query.data ?? (query.isError ? { state: "off", fetched: null } : undefined);
}
