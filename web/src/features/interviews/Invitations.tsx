import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { createInvitation, listInvitations, revokeInvitation } from "@/api/client";
import type { Invitation, InvitationStatus, Session } from "@/api/types";
import { CopyField } from "@/ui/CopyField";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Badge, Confirm, Loading, Notice, type Tone } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./Invitations.module.css";
import { addressOf, dropLink, keepLink, useLinks } from "./links";

const HOURS = [24, 72, 168, 336] as const;
const TONES: Record<InvitationStatus, Tone> = { open: "live", accepted: "done", revoked: "danger", expired: "warn" };

function Fresh({ invitation }: { invitation: Invitation }) {
  const t = useText();
  const format = useFormat();
  return (
    <div className={css.fresh}>
      <CopyField label={t("invitations.link")} value={addressOf(invitation)} />
      <p>{t("invitations.link_once", { date: format.dateTime(invitation.expires_at) })}</p>
    </div>
  );
}

/** A session's invitation links: make one, see what became of it, take it back. */
export function Invitations({ session }: { session: Session }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const id = session.session_id;
  const queryKey = ["sessions", id, "invitations"];
  const fresh = useLinks((links) => links.bySession[id]);
  const [name, setName] = useState(session.candidate_name);
  const [hours, setHours] = useState<number>(168);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const over = session.status === "ended" || session.status === "stopped";

  const invitations = useQuery({ queryKey, queryFn: ({ signal }) => listInvitations(id, signal) });
  const create = useMutation({
    mutationFn: () => createInvitation(id, name.trim(), hours),
    onSuccess: (invitation) => {
      keepLink(id, invitation);
      void queries.invalidateQueries({ queryKey });
    },
  });
  const revoke = useMutation({
    mutationFn: (invitation: Invitation) => revokeInvitation(id, invitation.invitation_id),
    onSuccess: (_, invitation) => {
      if (fresh?.invitation_id === invitation.invitation_id) dropLink(id);
      setRevoking(null);
      void queries.invalidateQueries({ queryKey });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };

  return (
    <>
      {fresh !== undefined && <Fresh invitation={fresh} />}
      {!over && (
        <form className={css.make} onSubmit={submit}>
          <TextInput
            label={t("invitations.name")}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("invitations.valid")}
            value={String(hours)}
            onChange={(event) => setHours(Number(event.currentTarget.value))}
            data={HOURS.map((count) => ({ value: String(count), label: t("invitations.days", { count: count / 24 }) }))}
          />
          <Button type="submit" variant={fresh === undefined ? "filled" : "default"} loading={create.isPending}>
            {t("invitations.create")}
          </Button>
        </form>
      )}
      {create.isError && (
        <div style={{ marginTop: "1rem" }}>
          <Notice tone="danger" role="alert">
            {failureText(t, create.error)}
          </Notice>
        </div>
      )}
      {invitations.isPending && <Loading lines={2} />}
      {invitations.isError && (
        <Failure error={invitations.error} onRetry={() => void invitations.refetch()} />
      )}
      {invitations.isSuccess && invitations.data.items.length === 0 && over && (
        <p className={css.none}>{t("invitations.none")}</p>
      )}
      {invitations.isSuccess && invitations.data.items.length > 0 && (
        <ul className={css.list} aria-label={t("invitations.title")}>
          {invitations.data.items.map((invitation) => (
            <li key={invitation.invitation_id} className={css.item}>
              <div className={css.who}>
                {invitation.name || t("invitations.unnamed")}
                <small>{t("invitations.expires", { date: format.dateTime(invitation.expires_at) })}</small>
              </div>
              <Badge tone={TONES[invitation.status]}>{t(`invitation_status.${invitation.status}`)}</Badge>
              {(invitation.status === "open" || invitation.status === "accepted") && !over && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t("invitations.revoke_of", { name: invitation.name || t("invitations.unnamed") })}
                  onClick={() => setRevoking(invitation)}
                >
                  {t("invitations.revoke")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Confirm
        opened={revoking !== null}
        title={t("invitations.revoke_title")}
        confirm={t("invitations.revoke")}
        dangerous
        busy={revoke.isPending}
        error={revoke.isError ? failureText(t, revoke.error) : undefined}
        onClose={() => setRevoking(null)}
        onConfirm={() => revoking !== null && revoke.mutate(revoking)}
      >
        <p>{t("invitations.revoke_text")}</p>
      </Confirm>
    </>
  );
}
