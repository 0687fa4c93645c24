import { useRoom, useRoomConnection } from "@/connection/room";
import type { Participant } from "@/protocol/roomState";
import { MicrophoneIcon } from "@/ui/icons";
import { useText } from "@/ui/text";
import css from "./Room.module.css";
import { roleKey } from "./words";

const ORDER = ["candidate", "interviewer", "recruiter", "admin", "observer"];
const rank = (person: Participant) => ORDER.indexOf(person.role ?? "observer");

/** Who takes part, who is here now, and who is recording. */
export function People() {
  const t = useText();
  const { userId } = useRoomConnection();
  const people = useRoom((room) => room.participants);
  const recording = useRoom((room) => room.recording);
  if (people.length === 0) return <p className={css.none}>{t("room.nobody")}</p>;
  const sorted = [...people].sort((a, b) => Number(b.present) - Number(a.present) || rank(a) - rank(b));
  return (
    <ul className={css.people}>
      {sorted.map((person) => (
        <li key={person.user_id} data-present={person.present}>
          <span className={css.presence} aria-hidden="true" />
          <span className={css.personName}>
            {person.name || person.user_id}
            {person.user_id === userId && <small> ({t("room.you")})</small>}
          </span>
          <span className={css.personRole}>
            {person.role !== null && t(roleKey(person.role))}
            {!person.present && ` · ${t("room.away")}`}
            {recording.includes(person.user_id) && (
              <span className={css.personRecords}>
                <MicrophoneIcon size={14} /> {t("room.is_recording")}
              </span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
