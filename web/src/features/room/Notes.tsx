import { Textarea } from "@mantine/core";
import { useRoomConnection } from "@/connection/room";
import { isString, useDraft } from "@/ui/drafts";
import { useText } from "@/ui/text";

/** An interviewer's own notes; they stay on this device and no candidate can be shown them. */
export function Notes() {
  const t = useText();
  const { interviewId } = useRoomConnection();
  const [notes, setNotes] = useDraft(`room-notes.${interviewId}`, "", isString);
  return (
    <Textarea
      aria-label={t("room.notes")}
      description={t("room.notes_hint")}
      placeholder={t("room.notes_example")}
      autosize
      minRows={4}
      maxRows={14}
      value={notes}
      onChange={(event) => setNotes(event.currentTarget.value)}
    />
  );
}
