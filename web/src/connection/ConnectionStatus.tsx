import { Button } from "@mantine/core";
import { Badge, type Tone } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { useSecondsUntil } from "@/ui/useSecondsUntil";
import type { ConnectionState } from "./socketClient";

const TONES: Record<ConnectionState["name"], Tone> = {
  idle: "plain",
  connecting: "plain",
  connected: "live",
  reconnecting: "warn",
  offline: "warn",
  failed: "danger",
  refused: "danger",
  ended: "done",
};

/** The state of the connection in words; the button comes when five tries were in vain. */
export function ConnectionStatus({ state, onRetry }: { state: ConnectionState; onRetry: () => void }) {
  const t = useText();
  const seconds = useSecondsUntil(state.name === "reconnecting" ? state.retry_at : null);
  const spoken = t(`connection.${state.name}`);
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: "0.6rem", flexWrap: "wrap" }}>
      {/* Read out once for each change of state; the counting seconds are for the eyes. */}
      <span role="status" style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>
        {spoken}
      </span>
      <span aria-hidden="true">
        <Badge tone={TONES[state.name]}>
          {state.name === "reconnecting" && seconds > 0 ? t("connection.reconnecting_in", { seconds }) : spoken}
        </Badge>
      </span>
      {(state.name === "failed" || state.name === "reconnecting") && (
        <Button size="compact-sm" variant={state.name === "failed" ? "filled" : "default"} onClick={onRetry}>
          {t("connection.retry")}
        </Button>
      )}
    </span>
  );
}
