import { useQuery, useQueryClient } from "@tanstack/react-query";
import { showSession } from "@/api/client";
import { credentialsOf, type Place, useCredentialStore } from "@/api/credentials";
import { ApiError } from "@/api/http";
import { roomQuestions } from "@/api/rooms";
import type { Session } from "@/api/types";
import { RoomProvider } from "@/connection/RoomProvider";
import { Failure } from "@/ui/Failure";
import { useAdoptedLanguage } from "@/ui/language";
import { Loading, Page, State } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { CandidateRoom } from "./CandidateRoom";
import { Consent } from "./Consent";
import { InterviewerRoom } from "./InterviewerRoom";

const LEADERS = ["admin", "recruiter", "interviewer"];

function Inside({ session, place, name }: { session: Session; place: Place; name: string }) {
  const leads = LEADERS.includes(session.my_role);
  const questions = useQuery({
    queryKey: ["rooms", session.session_id, "questions", place],
    queryFn: ({ signal }) => roomQuestions(place, session.session_id, signal),
    enabled: leads,
    staleTime: 60_000,
  });
  if (session.my_role === "candidate") return <CandidateRoom session={session} name={name} />;
  return (
    <InterviewerRoom
      session={session}
      questions={questions.data?.questions ?? []}
      leads={leads}
      inHouse={place === "staff"}
    />
  );
}

/** A room, as whoever is signed in at `place` may see it. */
export function RoomPage({ id, place }: { id: string; place: Place }) {
  const t = useText();
  const held = useCredentialStore(() => credentialsOf(place));
  const queries = useQueryClient();
  const queryKey = ["rooms", id, place];
  const loaded = useQuery({
    queryKey,
    queryFn: ({ signal }) => showSession(place, id, signal),
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
  const session = loaded.data;
  const name = session.candidate_name || held.user.name;
  const over = session.status === "ended" || session.status === "stopped";
  if (session.my_role === "candidate" && !over && session.consent?.["interview"] !== true) {
    const changed = (next: Session) => queries.setQueryData(queryKey, next);
    return <Consent session={session} name={name} place={place} onChanged={changed} />;
  }
  return (
    <RoomProvider key={id} place={place} session={session}>
      <Inside session={session} place={place} name={name} />
    </RoomProvider>
  );
}
