import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { credentialsOf, type Place, useCredentialStore } from "@/api/credentials";
import { ApiError } from "@/api/http";
import type { Session, VoiceState } from "@/api/types";
import { type LoadedDialogue, loadDialogue, useConversation, useDialogue } from "@/connection/dialogue";
import { DialogueProvider } from "@/connection/DialogueProvider";
import { loadOutbox } from "@/connection/outboxStorage";
import type { ErrorData } from "@/protocol/messages";
import type { OutboxItem } from "@/protocol/outbox";
import { isString, useDraft } from "@/ui/drafts";
import { Failure } from "@/ui/Failure";
import { useAdoptedLanguage } from "@/ui/language";
import { Loading, Page, State } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { type Choice, useChoice } from "./choice";
import { Confirmation } from "./Confirmation";
import { Conversation } from "./Conversation";
import { DeviceCheck } from "./DeviceCheck";
import { Thanks } from "./Thanks";
import { useVoiceState } from "./useVoiceState";
import { Welcome } from "./Welcome";

const isOver = (session: Session) => session.status === "ended" || session.status === "stopped";

/** The conversation until it is over, however that comes about. */
function Room({ session, place, name, draft, setDraft, refusal, onRefusalSeen, onLeft, ...voice }: RoomProps) {
  const { connection } = useDialogue();
  const ended = useConversation((conversation) => conversation.ended);
  if (ended !== null || connection.name === "ended") {
    return <Over session={session} place={place} name={name} reason={ended?.reason ?? ""} />;
  }
  return (
    <Conversation
      session={session}
      place={place}
      draft={draft}
      onDraft={setDraft}
      refusal={refusal}
      onRefusalSeen={onRefusalSeen}
      onLeft={onLeft}
      {...voice}
    />
  );
}

/** How the candidate answers, and whether one can speak here. */
interface Voices {
  voice: VoiceState;
  choice: Choice;
  onChoice: (change: Partial<Choice>) => void;
}

interface RoomProps extends Voices {
  session: Session;
  place: Place;
  name: string;
  draft: string;
  setDraft: (draft: string) => void;
  refusal: string | null;
  onRefusalSeen: () => void;
  onLeft: (session: Session) => void;
}

function Over({ session, place, name, reason }: { session: Session; place: Place; name: string; reason: string }) {
  const userId = credentialsOf(place)?.user.user_id ?? "";
  const thanks = (
    <Thanks
      reason={reason}
      name={name}
      language={session.language}
      undelivered={loadOutbox(session.session_id, userId)}
    />
  );
  if (reason === "withdrawn") return thanks;
  return (
    <Confirmation sessionId={session.session_id} place={place}>
      {thanks}
    </Confirmation>
  );
}

/** Binds the draft to the session: a text that the server refuses comes back into it. */
function Live({ loaded, place, name, onLeft, ...voices }: LiveProps) {
  const { session, messages } = loaded;
  const [draft, setDraft] = useDraft(`answer.${session.session_id}`, "", isString);
  const [refusal, setRefusal] = useState<string | null>(null);
  const takeBack = useCallback(
    (item: OutboxItem, error: ErrorData) => {
      setDraft((before) => (before.trim() === "" ? item.text : `${item.text}\n\n${before}`));
      setRefusal(error.message);
    },
    [setDraft],
  );
  return (
    <DialogueProvider place={place} session={session} messages={messages} onRefused={takeBack}>
      <Room
        session={session}
        place={place}
        name={name}
        draft={draft}
        setDraft={setDraft}
        refusal={refusal}
        onRefusalSeen={() => setRefusal(null)}
        onLeft={onLeft}
        {...voices}
      />
    </DialogueProvider>
  );
}

interface LiveProps extends Voices {
  loaded: LoadedDialogue;
  place: Place;
  name: string;
  onLeft: (session: Session) => void;
}


/** Consent first, then the microphone, then the conversation: its clock runs from there. */
function Going({ loaded, place, name, onLeft }: Omit<LiveProps, keyof Voices>) {
  const { session } = loaded;
  const [choice, setChoice] = useChoice(session.session_id);
  const voice = useVoiceState(place);
  if (voice === undefined) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (session.consent?.["interview"] !== true) {
    return <Welcome session={session} voice={voice.state !== "off"} name={name} place={place} onChanged={onLeft} />;
  }
  if (voice.state !== "off" && choice.answers === "" && session.status === "scheduled") {
    return (
      <DeviceCheck
        fetching={voice.state === "fetching"}
        fetched={voice.fetched}
        onSpeak={(device) => setChoice({ answers: "voice", device })}
        onWrite={() => setChoice({ answers: "text" })}
      />
    );
  }
  return (
    <Live loaded={loaded} place={place} name={name} onLeft={onLeft} voice={voice} choice={choice} onChoice={setChoice} />
  );
}

export default function InterviewPage() {
  const t = useText();
  const { id } = useParams({ from: "/plain/interview/$id" });
  const place: Place = `candidate:${id}`;
  const held = useCredentialStore(() => credentialsOf(place));
  const queries = useQueryClient();
  const queryKey = ["interview", id];
  const dialogue = useQuery({
    queryKey,
    queryFn: ({ signal }) => loadDialogue(place, id, signal),
    enabled: held !== null,
    // From here on the socket tells what is new.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  useAdoptedLanguage(dialogue.data?.session.language);

  const changed = (session: Session) =>
    queries.setQueryData<LoadedDialogue>(queryKey, (before) => ({ session, messages: before?.messages ?? [] }));

  const gone = dialogue.error instanceof ApiError && [401, 403, 404].includes(dialogue.error.status);
  if (held === null || gone) {
    return (
      <Page narrow>
        <State heading="h1" title={t("interview.no_access")}>
          {t("interview.no_access_text")}
        </State>
      </Page>
    );
  }
  if (dialogue.isPending) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (dialogue.isError) {
    return (
      <Page narrow>
        <Failure error={dialogue.error} onRetry={() => void dialogue.refetch()} heading="h1" />
      </Page>
    );
  }
  const { session } = dialogue.data;
  const name = session.candidate_name || held.user.name;
  if (isOver(session)) return <Over session={session} place={place} name={name} reason={session.end_reason ?? ""} />;
  return <Going key={id} loaded={dialogue.data} place={place} name={name} onLeft={changed} />;
}
