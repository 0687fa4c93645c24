import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useRoom, useRoomConnection } from "@/connection/room";
import { AlertIcon, PauseIcon, PlayIcon } from "@/ui/icons";
import { Confirm } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Room.module.css";
import { useAsk } from "./useAsk";

const REASON_LIMIT = 1_000;

/** What leads the room through its life: start, pause, go on, end; and the emergency stop. */
export function Controls() {
  const t = useText();
  const { connection } = useRoomConnection();
  const status = useRoom((room) => room.status);
  const failure = useRoom((room) => room.error);
  const ask = useAsk();
  const [dialog, setDialog] = useState<"end" | "stop" | null>(null);
  const [reason, setReason] = useState("");
  const [lacking, setLacking] = useState(false);
  const away = connection.name !== "connected";
  const problem = dialog !== null && failure !== null ? failure.message : undefined;

  const finish = async (name: string, payload: Record<string, unknown> = {}) => {
    if (await ask.run(name, payload)) setDialog(null);
  };
  const stop = () => {
    setLacking(reason.trim() === "");
    if (reason.trim() !== "") void finish("emergency_stop", { reason: reason.trim() });
  };

  return (
    <div className={css.controls} role="group" aria-label={t("room.controls")}>
      {(status === "scheduled" || status === "waiting") && (
        <Button size="sm" leftSection={<PlayIcon size={18} />} disabled={away} loading={ask.busy === "start_interview"} onClick={() => void ask.run("start_interview")}>
          {t("room.start")}
        </Button>
      )}
      {status === "live" && (
        <Button size="sm" variant="default" leftSection={<PauseIcon size={18} />} disabled={away} loading={ask.busy === "pause_interview"} onClick={() => void ask.run("pause_interview")}>
          {t("room.pause")}
        </Button>
      )}
      {status === "paused" && (
        <Button size="sm" leftSection={<PlayIcon size={18} />} disabled={away} loading={ask.busy === "resume_interview"} onClick={() => void ask.run("resume_interview")}>
          {t("room.resume")}
        </Button>
      )}
      <Button size="sm" variant="default" disabled={away} onClick={() => setDialog("end")}>
        {t("room.end")}
      </Button>
      <Button size="sm" variant="outline" color="red.9" className={css.stop} leftSection={<AlertIcon size={18} />} disabled={away} onClick={() => setDialog("stop")}>
        {t("room.stop")}
      </Button>
      <Confirm
        opened={dialog === "end"}
        title={t("room.end_title")}
        confirm={t("room.end")}
        dangerous
        busy={ask.busy === "end_interview"}
        error={problem}
        onClose={() => setDialog(null)}
        onConfirm={() => void finish("end_interview")}
      >
        <p>{t("room.end_text")}</p>
      </Confirm>
      <Confirm
        opened={dialog === "stop"}
        title={t("room.stop_title")}
        confirm={t("room.stop_confirm")}
        dangerous
        busy={ask.busy === "emergency_stop"}
        error={problem}
        onClose={() => setDialog(null)}
        onConfirm={stop}
      >
        <p>{t("room.stop_text")}</p>
        <Textarea
          mt="md"
          label={t("room.stop_reason")}
          description={t("room.stop_reason_hint")}
          required
          autosize
          minRows={2}
          maxLength={REASON_LIMIT}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={lacking && reason.trim() === "" ? t("room.stop_reason_missing") : undefined}
        />
      </Confirm>
    </div>
  );
}
