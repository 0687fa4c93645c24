import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { giveConsent, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Session } from "@/api/types";
import { failureText } from "@/ui/failureText";
import { Confirm, Notice, Panel, useTitle } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Welcome.module.css";

const PURPOSES = ["interview", "evaluation"] as const;
type Purpose = (typeof PURPOSES)[number];
const STEPS = { spoken: ["ask", "speak", "time", "end"], written: ["ask", "type", "time", "end"] } as const;

export interface WelcomeProps {
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
  useTitle(t("welcome.title"));
  const [agreed, setAgreed] = useState<Record<Purpose, boolean>>({ interview: false, evaluation: false });
  const [lacking, setLacking] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const firstBox = useRef<HTMLInputElement>(null);

  const consent = useMutation({
    mutationFn: () => giveConsent(place, session.session_id, [...PURPOSES], true),
    onSuccess: onChanged,
  });
  const leave = useMutation({ mutationFn: () => withdraw(place, session.session_id), onSuccess: onChanged });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const complete = PURPOSES.every((purpose) => agreed[purpose]);
    setLacking(!complete);
    if (complete) consent.mutate();
    else firstBox.current?.focus();
  };

  return (
    <form className={css.page} onSubmit={submit} noValidate>
      <h1>{name === "" ? t("welcome.hello") : t("welcome.hello_name", { name })}</h1>
      <p className={css.lead}>
        {session.role === ""
          ? t(voice ? "welcome.lead_voice" : "welcome.lead", { minutes: session.duration_minutes })
          : t(voice ? "welcome.lead_role_voice" : "welcome.lead_role", { role: session.role, minutes: session.duration_minutes })}
      </p>
      <ol className={css.steps}>
        {STEPS[voice ? "spoken" : "written"].map((step) => (
          <li key={step}>
            <div>
              <strong>{t(`welcome.step_${step}`)}</strong>
              <span>{t(`welcome.step_${step}_text`, { minutes: session.duration_minutes })}</span>
            </div>
          </li>
        ))}
      </ol>
      <div className={css.who}>
        <h2>{t("welcome.who")}</h2>
        <p>{t("welcome.who_text")}</p>
      </div>
      <Panel>
        <fieldset className={css.consents} aria-describedby={lacking ? "consent-problem" : undefined}>
          <legend>{t("welcome.consent")}</legend>
          {PURPOSES.map((purpose, index) => (
            <label key={purpose} className={css.consent}>
              <input
                ref={index === 0 ? firstBox : undefined}
                type="checkbox"
                checked={agreed[purpose]}
                aria-invalid={lacking && !agreed[purpose]}
                onChange={(event) => setAgreed({ ...agreed, [purpose]: event.currentTarget.checked })}
              />
              <span>
                <strong>{t(`consent.${purpose}`)}</strong>
                <span>{t(`consent_text.${purpose}`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {lacking && (
          <div style={{ marginTop: "1rem" }} id="consent-problem">
            <Notice tone="warn" role="alert">
              {t("welcome.consent_missing")}
            </Notice>
          </div>
        )}
        {consent.isError && (
          <div style={{ marginTop: "1rem" }}>
            <Notice tone="danger" role="alert">
              {failureText(t, consent.error)}
            </Notice>
          </div>
        )}
        <div className={css.actions}>
          <Button type="submit" size="lg" loading={consent.isPending}>
            {t("welcome.begin")}
          </Button>
          <Button variant="subtle" color="gray" onClick={() => setLeaving(true)}>
            {t("welcome.decline")}
          </Button>
        </div>
        <p className={css.small}>{t("welcome.rights")}</p>
      </Panel>
      <Confirm
        opened={leaving}
        title={t("withdraw.title")}
        confirm={t("withdraw.confirm")}
        dangerous
        busy={leave.isPending}
        error={leave.isError ? failureText(t, leave.error) : undefined}
        onClose={() => setLeaving(false)}
        onConfirm={() => leave.mutate()}
      >
        <p>{t("withdraw.text")}</p>
      </Confirm>
    </form>
  );
}
