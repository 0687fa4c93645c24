import { ActionIcon, Button, VisuallyHidden } from "@mantine/core";
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Place } from "@/api/credentials";
import type { Session, VoiceState } from "@/api/types";
import { useClip } from "@/audio/useClip";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { useConversation, useDialogue, useUploading } from "@/connection/dialogue";
import type { Line } from "@/protocol/conversation";
import { MicrophoneIcon, SpeakerIcon } from "@/ui/icons";
import { Notice, useTitle } from "@/ui/primitives";
import { useText } from "@/ui/text";
import type { Choice } from "./choice";
import { Composer } from "./Composer";
import css from "./Conversation.module.css";
import { Leave } from "./Leave";
import { Misheard } from "./Misheard";
import { TimeLeft } from "./TimeLeft";
import { Transcript } from "./Transcript";
import { useSpeech } from "./useSpeech";
import { useVoice } from "./useVoice";
import { VoiceBar } from "./VoiceBar";

const NEAR_END_PX = 240;
const PATIENCE_S = 60;

/** Keeps the newest line in view for somebody who is at the end, and leaves alone who has scrolled up to read. */
function useFollow(length: number, own: number, notice: string): void {
  const follow = useRef(true);
  const owned = useRef(own);
  useEffect(() => {
    const scrolled = () => {
      const { scrollHeight } = document.documentElement;
      follow.current = scrollHeight - window.scrollY - window.innerHeight < NEAR_END_PX;
    };
    window.addEventListener("scroll", scrolled, { passive: true });
    return () => window.removeEventListener("scroll", scrolled);
  }, []);
  useLayoutEffect(() => {
    const sent = own > owned.current;
    owned.current = own;
    if (follow.current || sent) window.scrollTo({ top: document.documentElement.scrollHeight });
  }, [length, own, notice]);
}

/** True until the moment has passed. */
function useUntil(moment: number | null): boolean {
  const [passed, setPassed] = useState<number | null>(null);
  useEffect(() => {
    if (moment === null) return undefined;
    const timer = setTimeout(() => setPassed(moment), Math.max(0, moment - Date.now()));
    return () => clearTimeout(timer);
  }, [moment]);
  return moment !== null && passed !== moment;
}

export interface ConversationProps {
  session: Session;
  place: Place;
  draft: string;
  onDraft: (draft: string) => void;
  /** A text that came back from the server, and why. */
  refusal: string | null;
  onRefusalSeen: () => void;
  onLeft: (session: Session) => void;
  voice: VoiceState;
  choice: Choice;
  onChoice: (change: Partial<Choice>) => void;
}

function useSpokenReplies(speech: ReturnType<typeof useSpeech>): void {
  const last = useConversation((conversation) => conversation.lines.findLast((line) => line.role === "interviewer"));
  const said = useRef(last?.key);
  const { on, say } = speech;
  useEffect(() => {
    if (last === undefined || said.current === last.key) return;
    said.current = last.key;
    if (on) say(last.text);
  }, [last, on, say]);
}

export function Conversation(props: ConversationProps) {
  const { session, place, choice, onChoice } = props;
  const t = useText();
  useTitle(t("conversation.title"));
  const { connection, retry, send, thinkTime, flagged, dismissError } = useDialogue();
  const lines = useConversation((conversation) => conversation.lines);
  const reply = useConversation((conversation) => conversation.reply);
  const phase = useConversation((conversation) => conversation.phase);
  const clock = useConversation((conversation) => conversation.clock);
  const patience = useConversation((conversation) => conversation.patience_until);
  const status = useConversation((conversation) => conversation.status);
  const error = useConversation((conversation) => conversation.error);
  const caption = useConversation((conversation) => conversation.caption);
  const unheard = useConversation((conversation) => conversation.unheard);
  const uploading = useUploading();
  const aloud = choice.answers === "voice" && props.voice.state === "ready";
  const speech = useSpeech(session.language, aloud);
  const clips = useClip();
  useSpokenReplies(speech);
  const voice = useVoice({
    deviceId: choice.device,
    way: choice.way,
    onWay: (way) => onChoice({ way }),
    spokenTo: speech.speaking,
    onSpeak: () => {
      speech.stop();
      clips.stop();
    },
  });
  const [asked, setAsked] = useState<number | null>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const connected = connection.name === "connected";
  const thinking = useUntil(patience ?? asked) && connected;
  const own = lines.filter((line) => line.role === "candidate").length;
  useFollow(lines.length + caption.length + (reply?.text.length ?? 0), own, `${connection.name}:${thinking}`);
  useFocusOnce(input);

  const submit = (text: string) => {
    speech.stop();
    setAsked(null);
    props.onRefusalSeen();
    send(text);
    props.onDraft("");
    input.current?.focus();
  };
  const think = () => {
    if (thinkTime()) setAsked(Date.now() + PATIENCE_S * 1000);
    input.current?.focus();
  };
  const answer = (answers: Choice["answers"]) => {
    voice.stop();
    speech.setOn(answers === "voice");
    onChoice({ answers });
  };
  const refusal = props.refusal ?? error?.message ?? unheard?.message ?? null;
  const mayThink = connected && phase === "waiting" && lines.length > 0 && !thinking;
  const under = ({ role, audio, utterance_id: id, text, flag }: Line) =>
    role === "candidate" &&
    audio !== null &&
    id !== null && (
      <Misheard
        words={{ utterance_id: id, text, audio, flag }}
        sessionId={session.session_id}
        place={place}
        language={session.language}
        clips={clips}
        onFlagged={flagged}
      />
    );

  return (
    <div className={css.room}>
      <VisuallyHidden>
        <h1>{t("conversation.title")}</h1>
      </VisuallyHidden>
      <div className={css.strip}>
        <div className={css.stripInner}>
          <ConnectionStatus state={connection} onRetry={retry} />
          <TimeLeft clock={clock} />
          <div className={css.stripEnd}>
            {speech.supported && (
              <ActionIcon
                aria-label={t(speech.on ? "conversation.speech_off" : "conversation.speech_on")}
                aria-pressed={speech.on}
                variant={speech.on ? "light" : "subtle"}
                color={speech.on ? undefined : "gray"}
                onClick={() => speech.setOn(!speech.on)}
              >
                <SpeakerIcon />
              </ActionIcon>
            )}
            <Leave sessionId={session.session_id} place={place} onLeft={props.onLeft} />
          </div>
        </div>
      </div>
      <div className={css.talk}>
        <Transcript
          lines={lines}
          reply={reply}
          phase={phase}
          connected={connected}
          thinking={thinking}
          language={session.language}
          caption={caption}
          under={under}
        />
      </div>
      <div className={css.composer}>
        <div className={css.composerInner}>
          <div className={css.notices}>
            {status === "paused" && <Notice role="status">{t("conversation.session_paused")}</Notice>}
            {(connection.name === "offline" || connection.name === "failed") && (
              <Notice
                tone="warn"
                role="status"
              >
                {t(connection.name === "failed" ? "conversation.lost" : "conversation.offline")}
              </Notice>
            )}
            {connection.name === "refused" && (
              <Notice tone="danger" role="alert">
                {connection.message || t("conversation.refused")}
              </Notice>
            )}
            {refusal !== null && (
              <Notice
                tone={props.refusal === null && error === null ? "warn" : "danger"}
                role="alert"
                action={
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => {
                      props.onRefusalSeen();
                      dismissError();
                    }}
                  >
                    {t("action.understood")}
                  </Button>
                }
              >
                {refusal} {props.refusal !== null && t("conversation.given_back")}
              </Notice>
            )}
          </div>
          {aloud ? (
            <VoiceBar
              voice={voice}
              connected={connected}
              uploading={uploading}
              mayThink={mayThink}
              spokenTo={speech.speaking}
              onInterrupt={speech.stop}
              onThink={think}
              onWrite={() => answer("text")}
            />
          ) : (
            <>
              <Composer
                draft={props.draft}
                language={session.language}
                connected={connected}
                mayThink={mayThink}
                inputRef={input}
                onChange={props.onDraft}
                onSend={submit}
                onThink={think}
              />
              <SpeakInstead state={props.voice.state} onSpeak={() => answer("voice")} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

function SpeakInstead({ state, onSpeak }: { state: VoiceState["state"]; onSpeak: () => void }) {
  const t = useText();
  if (state !== "ready") return <p className={css.instead}>{t(state === "off" ? "voice.off" : "voice.fetching")}</p>;
  return (
    <p className={css.instead}>
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<MicrophoneIcon size={16} />}
        data-voice="instead"
        onClick={onSpeak}
      >
        {t("voice.instead")}
      </Button>
    </p>
  );
}

function useFocusOnce(input: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => input.current?.focus({ preventScroll: true }), [input]);
}
