import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { usePanel, usePanelConnection } from "@/connection/panel";
import { SPEAKER_ROLES, type SpeakerItem, type SpeakerRole } from "@/protocol/panelMessages";
import { Confirm } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Panel.module.css";
import { nameOf, roleKey } from "./words";

function Form({ speaker, onClose }: { speaker: SpeakerItem; onClose: () => void }) {
  const t = useText();
  const { ask } = usePanelConnection();
  const others = usePanel((panel) => panel.speakers).filter(({ speaker_id }) => speaker_id !== speaker.speaker_id);
  const [name, setName] = useState(speaker.name);
  const [role, setRole] = useState<SpeakerRole>(speaker.role);
  const [into, setInto] = useState("");
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const changed = { speaker: speaker.speaker_id, name: name.trim(), role };
    const done =
      into === "" ? await ask("update_speaker", changed) : await ask("merge_speakers", { speaker: speaker.speaker_id, into });
    setBusy(false);
    if (done) onClose();
  };
  return (
    <Confirm
      opened
      title={t("panel.speaker_title", { name: nameOf(t, speaker) })}
      confirm={t(into === "" ? "panel.save" : "panel.merge")}
      busy={busy}
      onClose={onClose}
      onConfirm={() => void save()}
    >
      <div className={css.fields}>
        <TextInput
          label={t("panel.speaker_name")}
          description={t("panel.speaker_name_hint")}
          maxLength={100}
          value={name}
          disabled={into !== ""}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label={t("panel.speaker_role")}
          value={role}
          disabled={into !== ""}
          onChange={(event) => setRole(event.currentTarget.value as SpeakerRole)}
          data={SPEAKER_ROLES.map((item) => ({ value: item, label: t(roleKey(item)) }))}
        />
        {others.length > 0 && (
          <NativeSelect
            label={t("panel.same_as")}
            description={t("panel.same_as_hint")}
            value={into}
            onChange={(event) => setInto(event.currentTarget.value)}
            data={[
              { value: "", label: t("panel.same_as_nobody") },
              ...others.map((other) => ({ value: other.speaker_id, label: nameOf(t, other) })),
            ]}
          />
        )}
      </div>
    </Confirm>
  );
}

/** Says who a voice is: a name and a role, or the same person as another voice. */
export function SpeakerDialog({ speakerId, onClose }: { speakerId: string | null; onClose: () => void }) {
  const speaker = usePanel((panel) => panel.speakers).find(({ speaker_id }) => speaker_id === speakerId);
  return speaker === undefined ? null : <Form key={speaker.speaker_id} speaker={speaker} onClose={onClose} />;
}
