import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import { failureText } from "@/ui/failureText";
import { Confirm } from "@/ui/primitives";
import { useText } from "@/ui/text";

/** A candidate takes back their part while the interview goes on. */
export function Leave({ id, place, onLeft }: { id: string; place: Place; onLeft: () => void }) {
  const t = useText();
  const [asking, setAsking] = useState(false);
  const leave = useMutation({ mutationFn: () => withdraw(place, id), onSuccess: onLeft });
  return (
    <>
      <Button size="sm" variant="default" onClick={() => setAsking(true)}>
        {t("withdraw.menu")}
      </Button>
      <Confirm
        opened={asking}
        title={t("panel.decline_title")}
        confirm={t("panel.decline_confirm")}
        dangerous
        busy={leave.isPending}
        error={leave.isError ? failureText(t, leave.error) : undefined}
        onClose={() => setAsking(false)}
        onConfirm={() => leave.mutate()}
      >
        <p>{t("panel.decline_text")}</p>
      </Confirm>
    </>
  );
}
