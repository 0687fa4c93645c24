import { Button, Menu } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { endSession, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Session } from "@/api/types";
import { failureText } from "@/ui/failureText";
import { Confirm } from "@/ui/primitives";
import { useText } from "@/ui/text";

type Way = "end" | "withdraw";

/** Two ways out that mean different things, so each asks in its own words. */
export function Leave({ sessionId, place, onLeft }: { sessionId: string; place: Place; onLeft: (session: Session) => void }) {
  const t = useText();
  const [way, setWay] = useState<Way | null>(null);
  const [shown, setShown] = useState<Way>("end");
  const leave = useMutation({
    mutationFn: (chosen: Way) => (chosen === "end" ? endSession : withdraw)(place, sessionId),
    onSuccess: onLeft,
  });
  const ask = (next: Way) => {
    leave.reset();
    setShown(next);
    setWay(next);
  };
  return (
    <>
      <Menu position="bottom-end" withinPortal={false}>
        <Menu.Target>
          <Button variant="subtle" color="gray" size="compact-sm" h={40}>
            {t("leave.menu")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => ask("end")}>{t("leave.end")}</Menu.Item>
          <Menu.Item onClick={() => ask("withdraw")}>{t("withdraw.menu")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={way !== null}
        title={t(shown === "end" ? "leave.end_title" : "withdraw.title")}
        confirm={t(shown === "end" ? "leave.end" : "withdraw.confirm")}
        dangerous={shown === "withdraw"}
        busy={leave.isPending}
        error={leave.isError ? failureText(t, leave.error) : undefined}
        onClose={() => setWay(null)}
        onConfirm={() => leave.mutate(shown)}
      >
        <p>{t(shown === "end" ? "leave.end_text" : "withdraw.text")}</p>
      </Confirm>
    </>
  );
}
