import { describe, expect, it } from "vitest";
import { candidatesOf, EMPTY_PANEL, heardUntil, lanesOf, type Panel, reducePanel } from "@/protocol/panel";
import { answeredBy, type PanelMessage, parsePanelMessage, type SpeakerItem, type UtteranceItem } from "@/protocol/panelMessages";

const speaker = (speaker_id: string, role: SpeakerItem["role"]): SpeakerItem => ({
  speaker_id,
  label: speaker_id,
  name: "",
  role,
  participant_id: "",
  withdrew: false,
});

const said = (utterance_id: string, speaker_id: string, start: number, end: number): UtteranceItem => ({
  utterance_id,
  speaker_id,
  text: utterance_id,
  start,
  end,
  confidence: 0.9,
  attribution: 0.9,
  uncertain: false,
  overlapped: false,
  recording_id: "r",
  audio_start: start,
  audio_end: end,
});

const partial = (speaker_id: string | null, text: string): PanelMessage => ({
  type: "partial",
  text,
  recording_id: "r",
  speaker_id,
  start: 10,
  end: 12,
});

const after = (...messages: PanelMessage[]): Panel =>
  messages.reduce((panel, message) => reducePanel(panel, message, 1_000), EMPTY_PANEL);

const snapshot: PanelMessage = {
  type: "snapshot",
  last_seq: 4,
  private_seq: 1,
  epoch: "e",
  state: {
    status: "live",
    duration: 12,
    speakers: [speaker("a", "interviewer"), speaker("b", "candidate"), speaker("c", "candidate")],
    transcripts: [said("u2", "b", 4, 9), said("u1", "a", 1, 3)],
    evaluations: [],
    speaker_notes: { b: [{ note_id: "n", note: "clear", speaker_id: "b", author: "Jo", author_id: "1", at_s: 5 }] },
  },
};

describe("SPEC 3: a panel as the page sees it", () => {
  it("begins with the session as it is, in the order of speaking", () => {
    const panel = after(snapshot);
    expect(panel.utterances.map(({ utterance_id }) => utterance_id)).toEqual(["u1", "u2"]);
    expect(candidatesOf(panel).map(({ speaker_id }) => speaker_id)).toEqual(["b", "c"]);
    expect(heardUntil(panel)).toBe(9);
  });

  it("shows a lane for those who spoke, with how long", () => {
    const lanes = lanesOf(after(snapshot));
    expect(lanes.map(({ speaker_id, talk_s }) => [speaker_id, talk_s])).toEqual([
      ["a", 2],
      ["b", 5],
    ]);
  });

  it("shows in its lane who is speaking, and moves it when the voice turns out to be another", () => {
    const speaking = (panel: Panel) => lanesOf(panel).flatMap(({ speaker_id, now }) => (now === null ? [] : speaker_id));
    expect(speaking(after(snapshot, partial(null, "I")))).toEqual([]);
    expect(speaking(after(snapshot, partial(null, "I"), partial("a", "I built")))).toEqual(["a"]);
    const moved = after(snapshot, partial("a", "I built"), partial("c", "I built a cache"));
    expect(speaking(moved)).toEqual(["c"]);
    expect(heardUntil(moved)).toBe(12);
    expect(speaking(after(snapshot, partial("b", "I built"), { type: "speakers_merged", speaker_id: "b", into: "c", seq: 5 }))).toEqual(["c"]);
  });

  it("gives a voice without a name yet a lane of its own, as long as it speaks", () => {
    const panel = after(snapshot, partial("new", "Hello"));
    expect(lanesOf(panel).at(-1)).toMatchObject({ speaker_id: "new", speaker: null, turns: [], talk_s: 0 });
    expect(lanesOf(after(snapshot, partial("new", "Hello"), partial("a", "Hello there"))).map((lane) => lane.speaker_id)).toEqual(["a", "b"]);
  });

  it("gives each voice a colour that it keeps when others come and go", () => {
    const panel = after(snapshot, partial("new", "Hello"));
    expect(panel.colours).toEqual({ a: 0, b: 1, c: 2, new: 3 });
    const merged = reducePanel(panel, { type: "speakers_merged", speaker_id: "b", into: "c", seq: 5 }, 2_000);
    expect(merged.colours).toEqual({ a: 0, c: 2, new: 3 });
    const found = reducePanel(merged, { type: "speaker_updated", ...speaker("d", "unknown"), seq: 6 }, 3_000);
    expect(found.colours).toEqual({ a: 0, c: 2, new: 3, d: 1 });
  });

  it("takes over what turned out to be somebody else's", () => {
    const change = { utterance_id: "u2", speaker_id: "c", attribution: 0.5, uncertain: true };
    const panel = after(snapshot, { type: "utterances_reassigned", changes: [change], seq: 5, event_id: "x" });
    expect(panel.utterances[1]).toMatchObject({ speaker_id: "c", uncertain: true });
    expect(panel.utterances[0]).toMatchObject({ speaker_id: "a" });
  });

  it("divides what turned out to be two people's words", () => {
    const [utterance, rest] = [said("u2", "b", 4, 6), said("u2.1", "c", 6, 9)];
    const panel = after(snapshot, { type: "utterance_divided", utterance, rest, seq: 5 });
    expect(panel.utterances.map(({ utterance_id, speaker_id, end }) => [utterance_id, speaker_id, end])).toEqual([
      ["u1", "a", 3],
      ["u2", "b", 6],
      ["u2.1", "c", 9],
    ]);
    expect(lanesOf(panel).map(({ speaker_id, talk_s }) => [speaker_id, talk_s])).toEqual([
      ["a", 2],
      ["b", 2],
      ["c", 3],
    ]);
  });

  it("gives a merged voice's words, notes and lane to the other", () => {
    const panel = after(snapshot, { type: "speakers_merged", speaker_id: "b", into: "c", seq: 5 });
    expect(panel.speakers.map(({ speaker_id }) => speaker_id)).toEqual(["a", "c"]);
    expect(panel.utterances[1]?.speaker_id).toBe("c");
    expect(panel.notes[0]?.speaker_id).toBe("c");
  });

  it("replaces what is being heard by what was heard", () => {
    const hearing = after(snapshot, partial("c", "so far"));
    expect(hearing.hearing["r"]).toMatchObject({ text: "so far", speaker_id: "c" });
    const heard = reducePanel(hearing, { type: "utterance", ...said("u3", "c", 10, 11), seq: 6 }, 2_000);
    expect(heard.hearing).toEqual({});
    expect(heard.utterances.at(-1)?.utterance_id).toBe("u3");
  });

  it("keeps one evaluation for each time, oldest first", () => {
    const evaluation = (at_s: number, score: number): PanelMessage => ({
      type: "evaluation_updated",
      seq: 7,
      evaluation: { speaker_id: "b", at_s, final: false, sealed: false, score, feedback: null, keywords: [], criteria: [] },
    });
    const panel = after(snapshot, evaluation(60, 3), evaluation(30, 2), evaluation(60, 4));
    expect(panel.evaluations["b"]?.map(({ at_s, score }) => [at_s, score])).toEqual([
      [30, 2],
      [60, 4],
    ]);
  });

  it("shows a note once, however often it is told", () => {
    const note: PanelMessage = { type: "note_saved", note: "x", speaker_id: "b", author: "", author_id: "1", at_s: 6, seq: 4, event_id: "m" };
    expect(after(snapshot, note, note).notes.map(({ note_id }) => note_id)).toEqual(["n", "m"]);
  });
});

describe("the panel door's messages", () => {
  it("reads an error as everywhere else: the code in `error`, its command in `info`", () => {
    const message = parsePanelMessage(
      JSON.stringify({ type: "error", error: "A sentence.", code: "conflict", details: "d", info: { client_id: "c" } }),
    );
    expect(message).toEqual({ type: "error", data: { error: "conflict", message: "A sentence.", details: "d", info: { client_id: "c" } } });
    expect(message === null ? null : answeredBy(message)).toBe("c");
  });

  it.each(["", "[]", '{"type":"new"}', "{"])("ignores %s", (frame) => {
    expect(parsePanelMessage(frame)).toBeNull();
  });
});
