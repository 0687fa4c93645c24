import type { ReactNode } from "react";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { useRoom, useRoomConnection } from "@/connection/room";
import { elapsed } from "@/protocol/clock";
import { isOver } from "@/protocol/roomState";
import { Badge, useTitle } from "@/ui/primitives";
import { clockText, useText } from "@/ui/text";
import css from "./Room.module.css";
import { useNow } from "./useNow";
import { STATUS_TONES, statusKey } from "./words";

function Elapsed() {
  const t = useText();
  const clock = useRoom((room) => room.clock);
  const now = useNow(clock.running);
  return (
    <span className={css.clock}>
      <span className={css.clockLabel}>{t("room.elapsed")}</span> <strong>{clockText(elapsed(clock, Math.max(now, clock.read_at)))}</strong>
    </span>
  );
}

/** What the room is called, how it stands, and how this machine is connected to it. */
export function RoomHead({ title, back, actions }: { title: string; back?: ReactNode; actions?: ReactNode }) {
  const t = useText();
  useTitle(title);
  const { connection, retry } = useRoomConnection();
  const status = useRoom((room) => room.status);
  return (
    <div className={css.head}>
      {back}
      <h1>{title}</h1>
      <span role="status">
        <Badge tone={STATUS_TONES[status]}>{t(statusKey(status))}</Badge>
      </span>
      <Elapsed />
      {!isOver(status) && <ConnectionStatus state={connection} onRetry={retry} />}
      {actions !== undefined && <div className={css.headEnd}>{actions}</div>}
    </div>
  );
}
