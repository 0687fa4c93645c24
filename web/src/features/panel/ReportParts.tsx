import { ActionIcon } from "@mantine/core";
import { Fragment } from "react";
import { audioClip } from "@/api/client";
import type { PanelReport } from "@/api/panels";
import type { AudioPlace } from "@/api/types";
import type { Clips } from "@/audio/useClip";
import { segments, type Span } from "@/protocol/spans";
import { PlayIcon, StopIcon } from "@/ui/icons";
import { Badge, Panel } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { labelText, roleKey } from "./words";
import { SPEAKER_ROLES } from "@/protocol/panelMessages";

export interface PlayProps {
  id: string;
  label: string;
  report: PanelReport;
  places: readonly AudioPlace[];
  clips: Clips;
}

export function Play({ id, label, report, places, clips }: PlayProps) {
  const t = useText();
  const playing = clips.active === id;
  if (places.length === 0) return null;
  return (
    <ActionIcon
      size="sm"
      variant={playing ? "filled" : "light"}
      loading={playing && clips.loading}
      aria-label={playing ? t("report.play_stop") : label}
      data-play={places.map((place) => `${place.start_s.toFixed(2)}-${place.end_s.toFixed(2)}`).join(" ")}
      onClick={() =>
        clips.toggle(id, (signal) => Promise.all(places.map((place) => audioClip("staff", report.session_id, place, signal))))
      }
    >
      {playing ? <StopIcon size={14} /> : <PlayIcon size={14} />}
    </ActionIcon>
  );
}

/** How long and how often everybody spoke. */
export function TalkTime({ report }: { report: PanelReport }) {
  const t = useText();
  const format = useFormat();
  const columns = ["panel.talk_time", "panel.words", "panel.asked", "panel.interruptions", "panel.interrupted"] as const;
  return (
    <Panel title={t("panel.talk_title")}>
      <div className={css.scroll} tabIndex={0} role="group" aria-label={t("panel.talk_title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("panel.speaker")}</th>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.speakers.map(({ speaker_id, speaker, role, stats }) => (
              <tr key={speaker_id}>
                <th scope="row">
                  {labelText(t, speaker)} <small>{t(roleKey(SPEAKER_ROLES.find((item) => item === role) ?? "unknown"))}</small>
                </th>
                <td>
                  {clockText(stats.talk_time)} <small>{format.percent(stats.share)}</small>
                </td>
                <td>{format.number(stats.words)}</td>
                <td>{stats.questions}</td>
                <td>{stats.interruptions}</td>
                <td>{stats.interrupted}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** What was asked, and who answered it. */
export function Questions({ report }: { report: PanelReport }) {
  const t = useText();
  const { coverage } = report.summary;
  return (
    <Panel title={t("panel.questions")} hint={t("report.coverage_of", { covered: coverage.covered, planned: coverage.planned })}>
      {report.questions.length === 0 && <p className={css.none}>{t("panel.questions_none")}</p>}
      <ol className={css.questions}>
        {report.questions.map((question) => (
          <li key={question.utterance_id}>
            <p lang={LOCALES[report.language]}>{question.text}</p>
            <small>
              {clockText(question.at_s)} · {labelText(t, question.asked_by)} ·{" "}
              {question.answered_by.length === 0
                ? t("panel.unanswered")
                : t("panel.answered_by", { names: question.answered_by.map((name) => labelText(t, name)).join(", ") })}
            </small>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function ReportNotes({ report }: { report: PanelReport }) {
  const t = useText();
  if (report.notes.length === 0) return null;
  return (
    <Panel title={t("panel.notes")}>
      <ul className={css.notesList}>
        {report.notes.map((note) => (
          <li key={note.note_id}>
            <header>
              <b>{labelText(t, note.speaker)}</b> <span>{note.author}</span>
              <time>{clockText(note.at_s)}</time>
            </header>
            <p>{note.note}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export interface ReportTranscriptProps {
  report: PanelReport;
  spans: ReadonlyMap<string, readonly Span[]>;
  active: string | null;
  clips: Clips;
}

/** Everything that was said, with what is quoted marked. */
export function ReportTranscript({ report, spans, active, clips }: ReportTranscriptProps) {
  const t = useText();
  return (
    <Panel title={t("panel.transcript")}>
      <ol className={css.report}>
        {report.transcript.map((line) => (
          <li key={line.utterance_id} data-role={line.role}>
            <header>
              <b>{labelText(t, line.speaker)}</b>
              <time dateTime={`PT${Math.round(line.start)}S`}>{clockText(line.start)}</time>
              <Play
                id={line.utterance_id}
                label={t("panel.play", { time: clockText(line.start) })}
                report={report}
                places={line.audio}
                clips={clips}
              />
              {line.uncertain && <Badge tone="warn">{t(line.overlapped ? "panel.overlapped" : "panel.uncertain")}</Badge>}
            </header>
            <p lang={LOCALES[report.language]}>
              {segments(line.text, spans.get(line.utterance_id) ?? []).map((segment, index) =>
                segment.ids.length === 0 ? (
                  <Fragment key={index}>{segment.text}</Fragment>
                ) : (
                  <mark key={index} tabIndex={-1} data-cites={segment.ids.join(" ")} data-active={active !== null && segment.ids.includes(active)}>
                    {segment.text}
                  </mark>
                ),
              )}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
