import { Button } from "@mantine/core";
import { failureText, mayRetry } from "./failureText";
import { State } from "./primitives";
import { useText } from "./text";

/** Something could not be loaded: what, and what can be done. */
export function Failure({ error, onRetry, heading }: { error: unknown; onRetry?: () => void; heading?: "h1" | "h2" }) {
  const t = useText();
  return (
    <div role="alert">
      <State
        title={t("state.failed")}
        heading={heading ?? "h2"}
        actions={
          onRetry !== undefined && mayRetry(error) ? <Button onClick={onRetry}>{t("action.retry")}</Button> : undefined
        }
      >
        {failureText(t, error)}
      </State>
    </div>
  );
}
