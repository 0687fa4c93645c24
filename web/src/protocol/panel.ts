/** A panel as a viewer sees it: what was said by whom, what it is judged to show, and what people noted. Pure. */

import type {
  EvaluationItem,
  NoteItem,
  PanelMessage,
  PanelSnapshot,
  SpeakerItem,
  UtteranceItem,
} from "./panelMessages";

export interface Panel {
  /** False until the session as it is has come. */
  loaded: boolean;
  over: boolean;
  speakers: readonly SpeakerItem[];
  /** In the order in which they began. */
  utterances: readonly UtteranceItem[];
  /** What is being said, by recording. */
  hearing: Readonly<Record<string, string>>;
  notes: readonly NoteItem[];
  /** By candidate, oldest first. */
  evaluations: Readonly<Record<string, readonly EvaluationItem[]>>;
  /** Seconds of session time, at `at` (epoch milliseconds). */
  elapsed: { seconds: number; at: number };
  /** Rises when people's scorecards have changed, and with them what one may see. */
  revision: number;
}

export const EMPTY_PANEL: Panel = {
  loaded: false,
  over: false,
  speakers: [],
  utterances: [],
  hearing: {},
  notes: [],
  evaluations: {},
  elapsed: { seconds: 0, at: 0 },
  revision: 0,
};

const isOver = (status: string): boolean => status === "ended" || status === "stopped";

const byTime = (a: UtteranceItem, b: UtteranceItem): number => a.start - b.start;

function withEvaluation(known: Panel["evaluations"], item: EvaluationItem): Panel["evaluations"] {
  const before = (known[item.speaker_id] ?? []).filter(({ at_s }) => at_s !== item.at_s);
  return { ...known, [item.speaker_id]: [...before, item].sort((a, b) => a.at_s - b.at_s) };
}

function loaded(state: PanelSnapshot, now: number): Panel {
  return {
    ...EMPTY_PANEL,
    loaded: true,
    over: isOver(state.status),
    speakers: state.speakers,
    utterances: [...state.transcripts].sort(byTime),
    notes: Object.values(state.speaker_notes)
      .flat()
      .sort((a, b) => a.at_s - b.at_s),
    evaluations: state.evaluations.reduce(withEvaluation, {}),
    elapsed: { seconds: state.duration, at: now },
  };
}

function withSpeaker(speakers: readonly SpeakerItem[], changed: SpeakerItem): SpeakerItem[] {
  const { speaker_id, label, name, role, participant_id } = changed;
  const item = { speaker_id, label, name, role, participant_id };
  const known = speakers.some((other) => other.speaker_id === speaker_id);
  return known ? speakers.map((other) => (other.speaker_id === speaker_id ? item : other)) : [...speakers, item];
}

function merged(panel: Panel, from: string, into: string): Panel {
  const moved = <Item extends { speaker_id: string }>(item: Item): Item =>
    item.speaker_id === from ? { ...item, speaker_id: into } : item;
  const { [from]: _, ...evaluations } = panel.evaluations;
  return {
    ...panel,
    speakers: panel.speakers.filter(({ speaker_id }) => speaker_id !== from),
    utterances: panel.utterances.map(moved),
    notes: panel.notes.map(moved),
    evaluations,
  };
}

function withUtterance(panel: Panel, item: UtteranceItem): Panel {
  const others = panel.utterances.filter(({ utterance_id }) => utterance_id !== item.utterance_id);
  const { [item.recording_id]: _, ...hearing } = panel.hearing;
  return { ...panel, utterances: [...others, item].sort(byTime), hearing };
}

/** The panel after a message; `now` is epoch milliseconds. */
export function reducePanel(panel: Panel, message: PanelMessage, now: number): Panel {
  switch (message.type) {
    case "snapshot":
      return { ...loaded(message.state, now), revision: panel.revision + 1 };
    case "utterance": {
      const seconds = Math.max(message.end, panel.elapsed.seconds + (now - panel.elapsed.at) / 1000);
      const elapsed = panel.elapsed.at === 0 || panel.utterances.length === 0 ? { seconds: message.end, at: now } : { seconds, at: now };
      return { ...withUtterance(panel, message), elapsed };
    }
    case "partial":
      return { ...panel, hearing: { ...panel.hearing, [message.recording_id]: message.text } };
    case "utterances_reassigned": {
      const changes = new Map(message.changes.map((change) => [change.utterance_id, change]));
      return {
        ...panel,
        utterances: panel.utterances.map((item) => {
          const change = changes.get(item.utterance_id);
          if (change === undefined) return item;
          const { speaker_id, attribution, uncertain } = change;
          return { ...item, speaker_id, attribution, uncertain };
        }),
      };
    }
    case "speaker_updated":
      return { ...panel, speakers: withSpeaker(panel.speakers, message) };
    case "speakers_merged":
      return merged(panel, message.speaker_id, message.into);
    case "note_saved": {
      const { note, speaker_id, author, author_id, at_s, event_id = "" } = message;
      const others = panel.notes.filter(({ note_id }) => note_id !== event_id);
      return { ...panel, notes: [...others, { note_id: event_id, note, speaker_id, author, author_id, at_s }] };
    }
    case "evaluation_updated":
      return { ...panel, evaluations: withEvaluation(panel.evaluations, message.evaluation) };
    case "scorecards_updated":
      return { ...panel, revision: panel.revision + 1 };
    case "session_ended":
      return { ...panel, over: true, hearing: {} };
    default:
      return panel;
  }
}

// ---- looking at it

/** What a speaker is called, without a person's name only by the label. */
export const shownName = (speaker: SpeakerItem): string => speaker.name || speaker.label;

export const candidatesOf = (panel: Panel): SpeakerItem[] => panel.speakers.filter(({ role }) => role === "candidate");

export interface Lane {
  speaker: SpeakerItem;
  turns: readonly UtteranceItem[];
  talk_s: number;
}

/** Who spoke when, a lane for everybody who said something. */
export function lanesOf(panel: Panel): Lane[] {
  return panel.speakers
    .map((speaker) => {
      const turns = panel.utterances.filter(({ speaker_id }) => speaker_id === speaker.speaker_id);
      return { speaker, turns, talk_s: turns.reduce((sum, { start, end }) => sum + (end - start), 0) };
    })
    .filter(({ turns }) => turns.length > 0);
}

/** The end of what was said so far, in seconds of session time. */
export const heardUntil = (panel: Panel): number => panel.utterances.reduce((latest, { end }) => Math.max(latest, end), 0);
