import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { listInvitations, revokeInvitation } from "@/api/client";
import { inviteToRoom, ROOM_ROLES, type RoomRole } from "@/api/rooms";
import type { Invitation, InvitationStatus } from "@/api/types";
import type { ParticipantRole } from "@/protocol/roomMessages";
import { CopyField } from "@/ui/CopyField";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Badge, Confirm, Loading, Notice, type Tone } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./NewRoom.module.css";
import { dropRoomLink, keepRoomLink, linkOf, useRoomLinks } from "./roomLinks";
import { roleKey } from "./words";

const HOURS = [24, 72, 168, 336] as const;
const TONES: Record<InvitationStatus, Tone> = { open: "live", accepted: "done", revoked: "danger", expired: "warn" };
const NO_LINKS: readonly Invitation[] = [];

/** A room's invitations, one link for each person and role. */
export function RoomInvitations({ id, over }: { id: string; over: boolean }) {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const queryKey = ["sessions", id, "invitations"];
  const fresh = useRoomLinks((links) => links.byRoom[id] ?? NO_LINKS);
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoomRole>("candidate");
  const [hours, setHours] = useState<number>(168);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const nameOf = (invitation: Invitation) => invitation.name || t("invitations.unnamed");
  const roleOf = (invitation: Invitation) => t(roleKey(invitation.role as ParticipantRole));

  const invitations = useQuery({ queryKey, queryFn: ({ signal }) => listInvitations(id, signal) });
  const create = useMutation({
    mutationFn: () => inviteToRoom(id, { name: name.trim(), role, expires_in_hours: hours }),
    onSuccess: (invitation) => {
      keepRoomLink(id, invitation);
      setName("");
      void queries.invalidateQueries({ queryKey });
    },
  });
  const revoke = useMutation({
    mutationFn: (invitation: Invitation) => revokeInvitation(id, invitation.invitation_id),
    onSuccess: (_, invitation) => {
      dropRoomLink(id, invitation.invitation_id);
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
      {fresh.length > 0 && (
        <div className={css.fresh} role="status">
          {fresh.map((invitation) => (
            <CopyField
              key={invitation.invitation_id}
              label={t("room_invite.link_of", { name: nameOf(invitation), role: roleOf(invitation) })}
              value={linkOf(invitation)}
            />
          ))}
          <p>{t("room_invite.once")}</p>
        </div>
      )}
      {!over && (
        <form className={css.invite} onSubmit={submit}>
          <TextInput
            label={t("invitations.name")}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("room_invite.role")}
            value={role}
            onChange={(event) => setRole(event.currentTarget.value as RoomRole)}
            data={ROOM_ROLES.map((item) => ({ value: item, label: t(roleKey(item)) }))}
          />
          <NativeSelect
            label={t("invitations.valid")}
            value={String(hours)}
            onChange={(event) => setHours(Number(event.currentTarget.value))}
            data={HOURS.map((count) => ({ value: String(count), label: t("invitations.days", { count: count / 24 }) }))}
          />
          <Button type="submit" loading={create.isPending}>
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
      {invitations.isError && <Failure error={invitations.error} onRetry={() => void invitations.refetch()} />}
      {invitations.isSuccess && invitations.data.items.length === 0 && over && (
        <p className={css.note}>{t("invitations.none")}</p>
      )}
      {invitations.isSuccess && invitations.data.items.length > 0 && (
        <ul className={css.invitations} aria-label={t("invitations.title")}>
          {invitations.data.items.map((invitation) => (
            <li key={invitation.invitation_id}>
              <div>
                {nameOf(invitation)} <span className={css.note}>· {roleOf(invitation)}</span>
                <small>{t("invitations.expires", { date: format.dateTime(invitation.expires_at) })}</small>
              </div>
              <Badge tone={TONES[invitation.status]}>{t(`invitation_status.${invitation.status}`)}</Badge>
              {(invitation.status === "open" || invitation.status === "accepted") && !over && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t("invitations.revoke_of", { name: nameOf(invitation) })}
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
