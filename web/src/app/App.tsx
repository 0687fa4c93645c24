import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { credentialsOf, useCredentialStore } from "@/api/credentials";
import { cssVariables, theme } from "@/ui/theme";
import { queryClient } from "./queryClient";
import { router } from "./router";

const scheme = localStorageColorSchemeManager({ key: "vivavoce.scheme" });

/** Somebody whose sign-in ran out, or who signed out in another tab, comes back to where they were afterwards. */
function useSignInWhenLost() {
  const signedIn = useCredentialStore(() => credentialsOf("staff") !== null);
  useEffect(() => {
    if (!signedIn) void router.invalidate();
  }, [signedIn]);
}

export function App() {
  useSignInWhenLost();
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" colorSchemeManager={scheme}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
