import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { inviteToPanel, PANEL_ROLES, type PanelRole } from "@/api/panels";
import type { Invitation } from "@/api/types";
import { usePanel } from "@/connection/panel";
import { CopyField } from "@/ui/CopyField";
import { failureText } from "@/ui/failureText";
import { Notice } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { keepPanelLink, linkOf, usePanelLinks } from "./links";
import css from "./Panel.module.css";

export const INVITATION_HOURS = 168;
const NO_LINKS: readonly Invitation[] = [];

/** Links for those who interview with one, for candidates with a microphone of their own, and for those who only watch. */
export function Invite({ id }: { id: string }) {
  const t = useText();
  const links = usePanelLinks(({ byPanel }) => byPanel[id] ?? NO_LINKS);
  const expected = usePanel((panel) => panel.speakers).filter(
    (speaker) => speaker.role === "candidate" && speaker.name !== "" && speaker.participant_id === "",
  );
  const [name, setName] = useState("");
  const [role, setRole] = useState<PanelRole>("interviewer");
  const create = useMutation({
    mutationFn: () => inviteToPanel(id, { name: name.trim(), role, expires_in_hours: INVITATION_HOURS }),
    onSuccess: (invitation) => {
      keepPanelLink(id, invitation);
      setName("");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <div className={css.fields}>
      {links.map((invitation) => (
        <CopyField
          key={invitation.invitation_id}
          label={t("panel.link_of", { name: invitation.name || t("invitations.unnamed") })}
          value={linkOf(invitation)}
        />
      ))}
      {links.length > 0 && <p className={css.none}>{t("room_invite.once")}</p>}
      <form className={css.fields} onSubmit={submit}>
        <NativeSelect
          label={t("room_invite.role")}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as PanelRole)}
          data={PANEL_ROLES.map((item) => ({ value: item, label: t(`role.${item}`) }))}
        />
        <TextInput
          label={t("invitations.name")}
          description={role === "candidate" ? t("panel.invite_candidate_hint") : undefined}
          maxLength={200}
          list={role === "candidate" ? "expected-candidates" : undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <datalist id="expected-candidates">
          {expected.map(({ speaker_id, name: known }) => (
            <option key={speaker_id} value={known} />
          ))}
        </datalist>
        <Button type="submit" variant="default" loading={create.isPending}>
          {t("invitations.create")}
        </Button>
      </form>
      {create.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, create.error)}
        </Notice>
      )}
    </div>
  );
}
