import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { acceptInvitation, showSession } from "@/api/client";
import { ApiError } from "@/api/http";
import { failureText } from "@/ui/failureText";
import { Page, State, useTitle } from "@/ui/primitives";
import { useText } from "@/ui/text";

const PAGES: Partial<Record<string, "/room/$id" | "/panel/$id">> = { room: "/room/$id", panel: "/panel/$id" };

/** Opens an invited person's link. Everything is explained, and agreed to, on the page it leads to. */
export default function AcceptPage() {
  const t = useText();
  const { token } = useParams({ from: "/plain/i/$token" });
  const navigate = useNavigate();
  useTitle(t("accept.title"));
  const accept = useMutation({
    mutationFn: async () => {
      const { session_id: id } = await acceptInvitation(token);
      return showSession(`candidate:${id}`, id);
    },
    onSuccess: ({ session_id: id, kind }) =>
      navigate({ to: PAGES[kind] ?? "/interview/$id", params: { id }, replace: true }),
  });
  const { mutate } = accept;
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current) return;
    opened.current = true;
    mutate();
  }, [mutate]);

  if (!accept.isError) {
    return (
      <Page narrow>
        <div role="status">
          <State title={t("accept.opening")} mood="thinking" heading="h1" />
        </div>
      </Page>
    );
  }
  const invalid = accept.error instanceof ApiError && accept.error.status < 500 && accept.error.status !== 429;
  return (
    <Page narrow>
      <div role="alert">
        <State
          heading="h1"
          title={invalid ? t("accept.invalid") : t("state.failed")}
          actions={invalid ? undefined : <Button onClick={() => mutate()}>{t("action.retry")}</Button>}
        >
          {invalid ? t("accept.invalid_text") : failureText(t, accept.error)}
        </State>
      </div>
    </Page>
  );
}
