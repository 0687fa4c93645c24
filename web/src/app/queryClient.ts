import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/http";

const TRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it will refuse again.
      retry: (count, error) =>
        count < TRIES && !(error instanceof ApiError && error.status < 500 && error.status !== 429),
      networkMode: "offlineFirst",
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: "always", retry: false },
  },
});
