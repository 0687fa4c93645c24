import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import i18next from "i18next";
import type { ReactElement } from "react";
import { initReactI18next } from "react-i18next";
import { afterEach } from "vitest";
import { theme } from "@/ui/theme";

const areas = import.meta.glob<Record<string, string>>("@locales/{web,voice,room,panel,grading}.en.json", {
  import: "default",
  eager: true,
});

await i18next.use(initReactI18next).init({
  lng: "en",
  resources: { en: { translation: Object.assign({}, ...Object.values(areas)) as Record<string, string> } },
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false, prefix: "{", suffix: "}" },
});

afterEach(cleanup);

/** Renders with everything that the app's providers give, but without a router. */
export const show = (element: ReactElement) =>
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient()}>{element}</QueryClientProvider>
    </MantineProvider>,
  );
