/** A panel as a viewer sees it: what was said by whom, what it is judged to show, and what people noted. Pure. */

import type {
  EvaluationItem,
  HearingItem,
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
  /** The colour of each voice, a number from 0; a voice keeps its own. */
  colours: Readonly<Record<string, number>>;
  /** What is being said, by recording. */
  hearing: Readonly<Record<string, HearingItem>>;
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
  colours: {},
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

/** Voices that are new get the first colours that no other has. */
function coloured(panel: Panel): Panel {
  const voices = [...panel.speakers, ...Object.values(panel.hearing)].flatMap(({ speaker_id }) => speaker_id ?? []);
  const colours: Record<string, number> = {};
  for (const voice of voices) {
    const kept = panel.colours[voice];
    if (kept !== undefined) colours[voice] = kept;
  }
  const taken = new Set(Object.values(colours));
  for (const voice of voices) {
    if (colours[voice] !== undefined) continue;
    let free = 0;
    while (taken.has(free)) free += 1;
    taken.add(free);
    colours[voice] = free;
  }
  const same =
    Object.keys(colours).length === Object.keys(panel.colours).length &&
    Object.keys(colours).every((voice) => panel.colours[voice] === colours[voice]);
  return same ? panel : { ...panel, colours };
}

function withSpeaker(speakers: readonly SpeakerItem[], changed: SpeakerItem): SpeakerItem[] {
  const { speaker_id, label, name, role, participant_id, withdrew } = changed;
  const item = { speaker_id, label, name, role, participant_id, withdrew };
  const known = speakers.some((other) => other.speaker_id === speaker_id);
  return known ? speakers.map((other) => (other.speaker_id === speaker_id ? item : other)) : [...speakers, item];
}

function merged(panel: Panel, from: string, into: string): Panel {
  const moved = <Item extends { speaker_id: string }>(item: Item): Item =>
    item.speaker_id === from ? { ...item, speaker_id: into } : item;
  const { [from]: _, ...evaluations } = panel.evaluations;
  const hearing = Object.entries(panel.hearing).map(([recording, item]) => [
    recording,
    item.speaker_id === from ? { ...item, speaker_id: into } : item,
  ]);
  return {
    ...panel,
    hearing: Object.fromEntries(hearing) as Panel["hearing"],
    speakers: panel.speakers.filter(({ speaker_id }) => speaker_id !== from),
    utterances: panel.utterances.map(moved),
    notes: panel.notes.map(moved),
    evaluations,
  };
}

function withUtterances(panel: Panel, ...items: readonly UtteranceItem[]): Panel {
  const named = new Set(items.map(({ utterance_id }) => utterance_id));
  const others = panel.utterances.filter(({ utterance_id }) => !named.has(utterance_id));
  return { ...panel, utterances: [...others, ...items].sort(byTime) };
}

function withHeard(panel: Panel, item: UtteranceItem): Panel {
  const { [item.recording_id]: _, ...hearing } = panel.hearing;
  return { ...withUtterances(panel, item), hearing };
}

function withPartial(panel: Panel, { text, recording_id, speaker_id, start, end }: HearingItem): Panel {
  const item = { text, recording_id, speaker_id, start, end };
  return { ...panel, hearing: { ...panel.hearing, [recording_id]: item } };
}

/** The panel after a message; `now` is epoch milliseconds. */
export const reducePanel = (panel: Panel, message: PanelMessage, now: number): Panel => coloured(reduced(panel, message, now));

function reduced(panel: Panel, message: PanelMessage, now: number): Panel {
  switch (message.type) {
    case "snapshot":
      return { ...loaded(message.state, now), colours: panel.colours, revision: panel.revision + 1 };
    case "utterance": {
      const seconds = Math.max(message.end, panel.elapsed.seconds + (now - panel.elapsed.at) / 1000);
      const elapsed = panel.elapsed.at === 0 || panel.utterances.length === 0 ? { seconds: message.end, at: now } : { seconds, at: now };
      return { ...withHeard(panel, message), elapsed };
    }
    case "partial":
      return withPartial(panel, message);
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
    case "utterance_divided":
      return withUtterances(panel, message.utterance, message.rest);
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
  speaker_id: string;
  /** Null for a voice of which nothing has been understood to its end yet. */
  speaker: SpeakerItem | null;
  turns: readonly UtteranceItem[];
  /** What they are saying now. */
  now: HearingItem | null;
  talk_s: number;
}

/** Who spoke when, a lane for everybody who said something or is speaking. */
export function lanesOf(panel: Panel): Lane[] {
  const hearing = hearingNow(panel);
  const known = new Set(panel.speakers.map(({ speaker_id }) => speaker_id));
  const newVoices = hearing.flatMap(({ speaker_id }) => (speaker_id === null || known.has(speaker_id) ? [] : speaker_id));
  const voices: [string, SpeakerItem | null][] = panel.speakers.map((speaker) => [speaker.speaker_id, speaker]);
  for (const voice of new Set(newVoices)) voices.push([voice, null]);
  return voices
    .map(([voice, speaker]) => {
      const turns = panel.utterances.filter(({ speaker_id }) => speaker_id === voice);
      const now = hearing.find(({ speaker_id }) => speaker_id === voice) ?? null;
      const talk_s = turns.reduce((sum, { start, end }) => sum + (end - start), 0);
      return { speaker_id: voice, speaker, turns, now, talk_s };
    })
    .filter(({ turns, now }) => turns.length > 0 || now !== null);
}

/** What is being said now and of which something has been understood. */
export const hearingNow = (panel: Panel): HearingItem[] => Object.values(panel.hearing).filter(({ text }) => text !== "");

/** The end of what was said so far, in seconds of session time. */
export const heardUntil = (panel: Panel): number =>
  [...panel.utterances, ...Object.values(panel.hearing)].reduce((latest, { end }) => Math.max(latest, end), 0);
