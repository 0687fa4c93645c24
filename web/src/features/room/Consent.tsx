import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { giveConsent, withdraw } from "@/api/client";
import type { Place } from "@/api/credentials";
import type { Session } from "@/api/types";
import { failureText } from "@/ui/failureText";
import { Confirm, Notice, Page, Panel, useTitle } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Room.module.css";

const PURPOSES = ["interview", "evaluation"] as const;
type Purpose = (typeof PURPOSES)[number];
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
    <Page narrow>
      <form onSubmit={submit} noValidate className={css.consentPage}>
        <h1>{name === "" ? t("welcome.hello") : t("welcome.hello_name", { name })}</h1>
        <p className={css.lead}>{t("room.consent_lead", { title: session.title || t("room.title") })}</p>
        <ul className={css.steps}>
          {STEPS.map((step) => (
            <li key={step}>
              <strong>{t(`room.step_${step}`)}</strong>
              <span>{t(`room.step_${step}_text`)}</span>
            </li>
          ))}
        </ul>
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
                  <strong>{t(`room.consent_${purpose}`)}</strong>
                  <span>{t(`room.consent_${purpose}_text`)}</span>
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
          <div className={css.consentActions}>
            <Button type="submit" size="lg" loading={consent.isPending}>
              {t("room.consent_enter")}
            </Button>
            <Button variant="subtle" color="gray" onClick={() => setLeaving(true)}>
              {t("welcome.decline")}
            </Button>
          </div>
          <p className={css.small}>{t("welcome.rights")}</p>
        </Panel>
      </form>
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
    </Page>
  );
}
