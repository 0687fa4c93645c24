import { Button } from "@mantine/core";
import { useRoom, useRoomConnection, useRoomQueue } from "@/connection/room";
import { Notice } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Room.module.css";
import { levelTone } from "./words";

/** What everybody in the room has to know now: announcements, what went wrong, a lost connection. */
export function Notices() {
  const t = useText();
  const { connection, dismissError, dismissAnnouncement } = useRoomConnection();
  const error = useRoom((room) => room.error);
  const announcements = useRoom((room) => room.announcements);
  const waiting = useRoomQueue().length;
  const lost = ["offline", "failed", "reconnecting"].includes(connection.name);
  return (
    <div className={css.notices}>
      {announcements.map(({ key, text, level }) => (
        <Notice
          key={key}
          tone={levelTone(level)}
          role="alert"
          action={
            <Button size="compact-sm" variant="default" onClick={() => dismissAnnouncement(key)}>
              {t("action.understood")}
            </Button>
          }
        >
          <b>{t("room.announcement")}</b> {text}
        </Notice>
      ))}
      {connection.name === "refused" && (
        <Notice tone="danger" role="alert">
          {connection.message === "" ? t("failure.forbidden") : connection.message}
        </Notice>
      )}
      {lost && (
        <Notice tone="warn" role="status">
          {t(connection.name === "failed" ? "room.lost" : "room.coming_back")}
          {waiting > 0 && ` ${t("room.waiting_here", { count: waiting })}`}
        </Notice>
      )}
      {error !== null && (
        <Notice
          tone="danger"
          role="alert"
          action={
            <Button size="compact-sm" variant="default" onClick={dismissError}>
              {t("action.understood")}
            </Button>
          }
        >
          {error.message === "" ? t("room.unreachable") : error.message}
        </Notice>
      )}
    </div>
  );
}
