import { Button, Menu } from "@mantine/core";
import { useRoom, useRoomConnection, useRoomQueue } from "@/connection/room";
import { nameOf } from "@/protocol/roomState";
import { HelpIcon } from "@/ui/icons";
import { Notice } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useAsk } from "./useAsk";
import { HELP_TYPES, helpWords } from "./words";

/** Who waits for help, longest first; for those who can give it. */
export function HelpQueue({ mayResolve }: { mayResolve: boolean }) {
  const t = useText();
  const format = useFormat();
  const room = useRoom((whole) => whole);
  const ask = useAsk();
  if (room.help.length === 0) return null;
  return (
    <ul className={css.help} aria-label={t("room.help_queue")}>
      {room.help.map((request) => {
        const name = nameOf(room, request.user_id);
        return (
          <li key={request.help_id}>
            <Notice
              tone="warn"
              icon={<HelpIcon />}
              role="alert"
              action={
                mayResolve ? (
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={ask.busy !== null}
                    aria-label={t("room.help_resolve_of", { name })}
                    onClick={() => void ask.run("resolve_help", { help_id: request.help_id })}
                  >
                    {t("room.help_resolve")}
                  </Button>
                ) : undefined
              }
            >
              <b>{t("room.help_from", { name })}</b> {helpWords(t, request.help_type)}
              {request.at !== null && <> · {format.time(new Date(request.at).toISOString())}</>}
              {request.note !== "" && <p>{request.note}</p>}
            </Notice>
          </li>
        );
      })}
    </ul>
  );
}

/** The candidate's way to get somebody's attention, and what became of it. */
export function AskForHelp() {
  const t = useText();
  const { userId, keep } = useRoomConnection();
  const question = useRoom((room) => room.question?.question_id ?? null);
  const own = useRoom((room) => room.help).filter((request) => request.user_id === userId);
  const sending = useRoomQueue().some((command) => command.name === "request_help");
  return (
    <div className={css.askHelp}>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target>
          <Button variant="default" size="sm" leftSection={<HelpIcon size={18} />} loading={sending}>
            {t("room.help")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("room.help_what")}</Menu.Label>
          {HELP_TYPES.map((type) => (
            <Menu.Item
              key={type}
              onClick={() => keep("request_help", { help_type: type, ...(question === null ? {} : { question_id: question }) })}
            >
              {t(`help_type.${type}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span role="status" className={css.askHelpState}>
        {own.length > 0 && t("room.help_waiting", { types: own.map((item) => helpWords(t, item.help_type)).join(", ") })}
      </span>
    </div>
  );
}
