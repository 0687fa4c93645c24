import { Button, NativeSelect, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { usePanel, usePanelConnection } from "@/connection/panel";
import { useDraft } from "@/ui/drafts";
import { clockText, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { nameOf } from "./words";

const LIMIT = 4_000;
const isString = (value: unknown): value is string => typeof value === "string";

/** Notes about the speakers, shared by the interviewers as they are written. */
export function Notes({ acting }: { acting: boolean }) {
  const t = useText();
  const { ask, sessionId, userId } = usePanelConnection();
  const speakers = usePanel((panel) => panel.speakers);
  const notes = usePanel((panel) => panel.notes);
  const [draft, setDraft, forget] = useDraft(`panel-note.${sessionId}`, "", isString);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const about =
    speakers.find(({ speaker_id }) => speaker_id === chosen) ?? speakers.find(({ role }) => role === "candidate") ?? speakers[0];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (draft.trim() === "" || about === undefined) return;
    setBusy(true);
    if (await ask("speaker_note", { speaker: about.speaker_id, note: draft.trim() })) forget();
    setBusy(false);
  };
  return (
    <div className={css.notes}>
      {acting && about !== undefined && (
        <form onSubmit={(event) => void submit(event)}>
          <NativeSelect
            label={t("panel.note_about")}
            value={about.speaker_id}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={speakers.map((speaker) => ({ value: speaker.speaker_id, label: nameOf(t, speaker) }))}
          />
          <Textarea
            label={t("panel.note")}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={LIMIT}
            value={draft}
            onChange={(event) => setDraft(event.currentTarget.value)}
          />
          <Button type="submit" size="sm" loading={busy} disabled={draft.trim() === ""}>
            {t("panel.note_save")}
          </Button>
        </form>
      )}
      {notes.length === 0 ? (
        <p className={css.none}>{t("panel.notes_empty")}</p>
      ) : (
        <ul aria-label={t("panel.notes")}>
          {[...notes].reverse().map((note) => (
            <li key={note.note_id}>
              <header>
                <b>
                  {nameOf(
                    t,
                    speakers.find(({ speaker_id }) => speaker_id === note.speaker_id),
                  )}
                </b>
                <span>{note.author_id === userId ? t("room.you") : note.author}</span>
                <time dateTime={`PT${Math.round(note.at_s)}S`}>{clockText(note.at_s)}</time>
              </header>
              <p>{note.note}</p>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
