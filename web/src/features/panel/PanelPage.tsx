import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { credentialsOf, type Place, useCredentialStore } from "@/api/credentials";
import { ApiError } from "@/api/http";
import { showPanel } from "@/api/panels";
import { PanelProvider } from "@/connection/PanelProvider";
import { Failure } from "@/ui/Failure";
import { useAdoptedLanguage } from "@/ui/language";
import { Loading, Page, State } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { Consent, Declined, PURPOSES } from "./Consent";
import { LivePanel } from "./LivePanel";

/** A panel, as whoever is signed in at `place` may see it. */
export function PanelPage({ id, place }: { id: string; place: Place }) {
  const t = useText();
  const held = useCredentialStore(() => credentialsOf(place));
  const queries = useQueryClient();
  const queryKey = ["panels", id, place];
  const [declined, setDeclined] = useState(false);
  const loaded = useQuery({
    queryKey,
    queryFn: ({ signal }) => showPanel(place, id, signal),
    enabled: held !== null,
    // From here on the socket tells what is new.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  useAdoptedLanguage(place === "staff" ? undefined : loaded.data?.language);
  const gone = loaded.error instanceof ApiError && [401, 403, 404].includes(loaded.error.status);
  if (held === null || gone) {
    return (
      <Page narrow>
        <State heading="h1" title={t("interview.no_access")}>
          {t("interview.no_access_text")}
        </State>
      </Page>
    );
  }
  if (loaded.isPending) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (loaded.isError) {
    return (
      <Page narrow>
        <Failure error={loaded.error} onRetry={() => void loaded.refetch()} heading="h1" />
      </Page>
    );
  }
  if (declined) return <Declined />;
  const session = loaded.data;
  const over = session.status === "ended" || session.status === "stopped";
  const asked = session.my_role === "candidate" && !over;
  if (asked && !PURPOSES.every((purpose) => session.consent?.[purpose] === true)) {
    const agreed = () => void queries.invalidateQueries({ queryKey });
    const name = held.user.name;
    return <Consent session={session} name={name} place={place} onAgreed={agreed} onDeclined={() => setDeclined(true)} />;
  }
  return (
    <PanelProvider key={id} place={place} sessionId={id}>
      <LivePanel session={session} place={place} onLeft={() => setDeclined(true)} />
    </PanelProvider>
  );
}
