import { useMutation } from "@tanstack/react-query";
import { giveConsent, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { PanelSession } from "@/api/panels";
import { ConsentForm } from "@/ui/ConsentForm";
import { Page, State, useTitle } from "@/ui/primitives";
import { useText } from "@/ui/text";

export const PURPOSES = ["interview", "evaluation"] as const;
const STEPS = ["people", "microphone", "judged"] as const;

interface ConsentProps {
  session: PanelSession;
  name: string;
  place: Place;
  onAgreed: () => void;
  onDeclined: () => void;
}

/** What will happen to what a candidate says; nobody enters the panel as a candidate before this is agreed to. */
export function Consent({ session, name, place, onAgreed, onDeclined }: ConsentProps) {
  const t = useText();
  const consent = useMutation({
    mutationFn: () => giveConsent(place, session.session_id, [...PURPOSES], true),
    onSuccess: onAgreed,
  });
  const leave = useMutation({ mutationFn: () => withdraw(place, session.session_id), onSuccess: onDeclined });
  return (
    <ConsentForm
      name={name}
      lead={t("panel.candidate_lead", { title: session.title || t("panel.title") })}
      steps={STEPS.map((id) => ({ id, title: t(`panel.step_${id}`), text: t(`panel.step_${id}_text`) }))}
      purposes={PURPOSES.map((id) => ({ id, title: t(`consent.${id}`), text: t(`consent_text.${id}`) }))}
      agree={{ label: t("panel.candidate_enter"), doing: consent }}
      decline={{
        title: t("panel.decline_title"),
        text: t("panel.decline_text"),
        label: t("panel.decline_confirm"),
        doing: leave,
      }}
    />
  );
}

/** The last page of a candidate who would rather not take part. */
export function Declined() {
  const t = useText();
  useTitle(t("panel.declined"));
  return (
    <Page narrow>
      <State heading="h1" title={t("panel.declined")}>
        {t("panel.declined_text")}
      </State>
    </Page>
  );
}
