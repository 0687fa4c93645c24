import { useMutation } from "@tanstack/react-query";
import { giveConsent, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Session } from "@/api/types";
import { ConsentForm } from "@/ui/ConsentForm";
import { useText } from "@/ui/text";

const PURPOSES = ["interview", "evaluation"] as const;
const STEPS = { spoken: ["ask", "speak", "time", "end"], written: ["ask", "type", "time", "end"] } as const;

interface WelcomeProps {
  session: Session;
  /** One may answer aloud. */
  voice: boolean;
  name: string;
  place: Place;
  onChanged: (session: Session) => void;
}

/** What will happen, who reads it and who decides; nothing is asked before this is agreed to. */
export function Welcome({ session, voice, name, place, onChanged }: WelcomeProps) {
  const t = useText();
  const consent = useMutation({
    mutationFn: () => giveConsent(place, session.session_id, [...PURPOSES], true),
    onSuccess: onChanged,
  });
  const leave = useMutation({ mutationFn: () => withdraw(place, session.session_id), onSuccess: onChanged });
  const minutes = session.duration_minutes;
  const lead =
    session.role === ""
      ? t(voice ? "welcome.lead_voice" : "welcome.lead", { minutes })
      : t(voice ? "welcome.lead_role_voice" : "welcome.lead_role", { role: session.role, minutes });
  return (
    <ConsentForm
      name={name}
      lead={lead}
      inOrder
      steps={STEPS[voice ? "spoken" : "written"].map((id) => ({
        id,
        title: t(`welcome.step_${id}`),
        text: t(`welcome.step_${id}_text`, { minutes }),
      }))}
      who={{ title: t("welcome.who"), text: t("welcome.who_text") }}
      purposes={PURPOSES.map((id) => ({ id, title: t(`consent.${id}`), text: t(`consent_text.${id}`) }))}
      agree={{ label: t("welcome.begin"), doing: consent }}
      decline={{
        title: t("withdraw.title"),
        text: t("withdraw.text"),
        label: t("withdraw.confirm"),
        doing: leave,
      }}
    />
  );
}
