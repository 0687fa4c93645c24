import { ActionIcon, Button, Menu } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { audioClip } from "@/api/client";
import type { Place } from "@/api/credentials";
import { type Clips, useClip } from "@/audio/useClip";
import { usePanel, usePanelConnection } from "@/connection/panel";
import type { Language } from "@/protocol/messages";
import { candidatesOf, hearingNow, type Panel } from "@/protocol/panel";
import type { HearingItem, SpeakerItem, UtteranceItem } from "@/protocol/panelMessages";
import { PlayIcon, StopIcon } from "@/ui/icons";
import { Badge } from "@/ui/primitives";
import { clockText, LOCALES, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { nameOf, voiceName, voiceStyle } from "./words";

const SHOWN = 80;

interface WhoProps {
  item: UtteranceItem;
  speakers: readonly SpeakerItem[];
  /** The number that the next candidate would have. */
  next: number;
  onSpeaker: (speakerId: string) => void;
}

/** Whose words these are, and the means to put it right. */
function Who({ item, speakers, next, onSpeaker }: WhoProps) {
  const t = useText();
  const { ask, connection } = usePanelConnection();
  const name = nameOf(
    t,
    speakers.find(({ speaker_id }) => speaker_id === item.speaker_id),
  );
  const utterance_ids = [item.utterance_id];
  const assign = (speaker: string) => void ask("assign_utterances", { utterance_ids, speaker });
  return (
    <Menu position="bottom-start" withinPortal={false} disabled={connection.name !== "connected"}>
      <Menu.Target>
        <button type="button" className={css.who} aria-label={t("panel.who_change", { name })}>
          {name}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("panel.said_by")}</Menu.Label>
        {speakers
          .filter(({ speaker_id }) => speaker_id !== item.speaker_id)
          .map((speaker) => (
            <Menu.Item key={speaker.speaker_id} onClick={() => assign(speaker.speaker_id)}>
              {nameOf(t, speaker)}
            </Menu.Item>
          ))}
        <Menu.Item onClick={() => assign(`candidate ${next}`)}>{t("panel.new_candidate", { number: next })}</Menu.Item>
        <Menu.Item onClick={() => void ask("split_speaker", { utterance_ids })}>{t("panel.somebody_else")}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => onSpeaker(item.speaker_id)}>{t("panel.speaker_edit", { name })}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Play({ item, place, clips }: { item: UtteranceItem; place: Place; clips: Clips }) {
  const t = useText();
  const { sessionId } = usePanelConnection();
  if (item.recording_id === "" || item.audio_end <= item.audio_start) return null;
  const playing = clips.active === item.utterance_id;
  const audio = { recording_id: item.recording_id, start_s: item.audio_start, end_s: item.audio_end };
  return (
    <ActionIcon
      size="sm"
      variant={playing ? "filled" : "subtle"}
      loading={playing && clips.loading}
      aria-label={playing ? t("report.play_stop") : t("panel.play", { time: clockText(item.start) })}
      onClick={() => clips.toggle(item.utterance_id, async (signal) => [await audioClip(place, sessionId, audio, signal)])}
    >
      {playing ? <StopIcon size={14} /> : <PlayIcon size={14} />}
    </ActionIcon>
  );
}

/** What is being said, with whose voice it sounds like; the utterance says it for good. */
function Hearing({ item, panel, lang }: { item: HearingItem; panel: Panel; lang: string }) {
  const t = useText();
  const { speaker_id, start, text } = item;
  const speaker = panel.speakers.find((known) => known.speaker_id === speaker_id);
  return (
    <li data-partial="true" data-role={speaker?.role ?? "unknown"} aria-hidden="true" style={voiceStyle(panel, speaker_id)}>
      <header>
        <b key={speaker_id ?? ""} className={css.turned}>
          {speaker_id === null ? t("panel.whose_voice") : voiceName(t, speaker)}
        </b>
        <time>{clockText(start)}</time>
      </header>
      <p lang={lang}>{text}…</p>
    </li>
  );
}

export interface TranscriptProps {
  language: Language;
  place: Place;
  /** Null for those who only watch. */
  onSpeaker: ((speakerId: string) => void) | null;
}

/** What is said, as it comes, with whose words it is. */
export function Transcript({ language, place, onSpeaker }: TranscriptProps) {
  const t = useText();
  const panel = usePanel((whole) => whole);
  const [more, setMore] = useState(1);
  const clips = useClip();
  const log = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const { utterances, speakers } = panel;
  const shown = utterances.slice(-SHOWN * more);
  const hearing = hearingNow(panel);
  const last = utterances.at(-1)?.utterance_id;
  const partial = hearing.map(({ text }) => text.length).join();
  const next = candidatesOf(panel).length + 1;
  const lang = LOCALES[language];

  useEffect(() => {
    if (follows.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [last, partial]);

  if (utterances.length === 0 && hearing.length === 0) return <p className={css.none}>{t("panel.transcript_empty")}</p>;
  return (
    <div
      className={css.transcript}
      ref={log}
      role="log"
      aria-label={t("panel.transcript")}
      tabIndex={0}
      onScroll={({ currentTarget: box }) => {
        follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
      }}
    >
      {shown.length < utterances.length && (
        <Button size="compact-sm" variant="default" onClick={() => setMore(more + 1)}>
          {t("panel.earlier")}
        </Button>
      )}
      <ol>
        {shown.map((item) => {
          const speaker = speakers.find(({ speaker_id }) => speaker_id === item.speaker_id);
          return (
            <li
              key={item.utterance_id}
              data-role={speaker?.role ?? "unknown"}
              data-utterance={item.utterance_id}
              style={voiceStyle(panel, item.speaker_id)}
            >
              <header>
                {onSpeaker === null ? (
                  <b>{nameOf(t, speaker)}</b>
                ) : (
                  <Who item={item} speakers={speakers} next={next} onSpeaker={onSpeaker} />
                )}
                <time dateTime={`PT${Math.round(item.start)}S`}>{clockText(item.start)}</time>
                <Play item={item} place={place} clips={clips} />
                {item.uncertain && <Badge tone="warn">{t(item.overlapped ? "panel.overlapped" : "panel.uncertain")}</Badge>}
              </header>
              <p lang={lang}>{item.text}</p>
            </li>
          );
        })}
        {hearing.map((item) => (
          <Hearing key={item.recording_id} item={item} panel={panel} lang={lang} />
        ))}
      </ol>
    </div>
  );
}
