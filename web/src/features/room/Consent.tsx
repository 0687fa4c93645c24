import { useMutation } from "@tanstack/react-query";
import { giveConsent, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Session } from "@/api/types";
import { ConsentForm } from "@/ui/ConsentForm";
import { useText } from "@/ui/text";

const PURPOSES = ["interview", "evaluation"] as const;
const STEPS = ["people", "answer", "help"] as const;

interface ConsentProps {
  session: Session;
  name: string;
  place: Place;
  onChanged: (session: Session) => void;
}

/** What will happen and who takes part; nobody enters the room as a candidate before this is agreed to. */
export function Consent({ session, name, place, onChanged }: ConsentProps) {
  const t = useText();
  const consent = useMutation({
    mutationFn: () => giveConsent(place, session.session_id, [...PURPOSES], true),
    onSuccess: onChanged,
  });
  const leave = useMutation({ mutationFn: () => withdraw(place, session.session_id), onSuccess: onChanged });
  return (
    <ConsentForm
      name={name}
      lead={t("room.consent_lead", { title: session.title || t("room.title") })}
      steps={STEPS.map((id) => ({ id, title: t(`room.step_${id}`), text: t(`room.step_${id}_text`) }))}
      purposes={PURPOSES.map((id) => ({ id, title: t(`room.consent_${id}`), text: t(`room.consent_${id}_text`) }))}
      agree={{ label: t("room.consent_enter"), doing: consent }}
      decline={{
        title: t("withdraw.title"),
        text: t("withdraw.text"),
        label: t("withdraw.confirm"),
        doing: leave,
      }}
    />
  );
}
