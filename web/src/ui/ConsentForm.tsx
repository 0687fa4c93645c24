import { Button } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import css from "./ConsentForm.module.css";
import { failureText } from "./failureText";
import { Confirm, Notice, Page, Panel, useTitle } from "./primitives";
import { useText } from "./text";

interface Point {
  id: string;
  title: string;
  text: string;
}

/** A button of the form and the mutation behind it. */
interface Doing {
  label: string;
  doing: { mutate: () => void; isPending: boolean; isError: boolean; error: unknown };
}

interface ConsentFormProps {
  name: string;
  lead: string;
  /** What will happen; `inOrder` when one thing comes after the other. */
  steps: readonly Point[];
  inOrder?: boolean;
  /** Who sees it and who decides. */
  who?: Omit<Point, "id">;
  /** What is asked for, each to be agreed to by itself. */
  purposes: readonly Point[];
  agree: Doing;
  /** For who would rather not; `text` says what happens then. */
  decline: Doing & { title: string; text: string };
}

/** What will happen and what is asked for; nobody takes part before all of it is agreed to. */
export function ConsentForm({ name, lead, steps, inOrder = false, who, purposes, agree, decline }: ConsentFormProps) {
  const t = useText();
  useTitle(t("welcome.title"));
  const [agreed, setAgreed] = useState<ReadonlySet<string>>(new Set());
  const [lacking, setLacking] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const firstBox = useRef<HTMLInputElement>(null);
  const Steps = inOrder ? "ol" : "ul";

  const tick = (id: string, on: boolean) => setAgreed((before) => new Set(on ? [...before, id] : [...before].filter((other) => other !== id)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const complete = purposes.every(({ id }) => agreed.has(id));
    setLacking(!complete);
    if (complete) agree.doing.mutate();
    else firstBox.current?.focus();
  };

  return (
    <Page narrow>
      <form onSubmit={submit} noValidate className={css.page}>
        <h1>{name === "" ? t("welcome.hello") : t("welcome.hello_name", { name })}</h1>
        <p className={css.lead}>{lead}</p>
        <Steps className={css.steps} data-in-order={inOrder}>
          {steps.map(({ id, title, text }) => (
            <li key={id}>
              <div>
                <strong>{title}</strong>
                <span>{text}</span>
              </div>
            </li>
          ))}
        </Steps>
        {who !== undefined && (
          <div className={css.who}>
            <h2>{who.title}</h2>
            <p>{who.text}</p>
          </div>
        )}
        <Panel>
          <fieldset className={css.consents} aria-describedby={lacking ? "consent-problem" : undefined}>
            <legend>{t("welcome.consent")}</legend>
            {purposes.map(({ id, title, text }, index) => (
              <label key={id} className={css.consent}>
                <input
                  ref={index === 0 ? firstBox : undefined}
                  type="checkbox"
                  checked={agreed.has(id)}
                  aria-invalid={lacking && !agreed.has(id)}
                  onChange={(event) => tick(id, event.currentTarget.checked)}
                />
                <span>
                  <strong>{title}</strong>
                  <span>{text}</span>
                </span>
              </label>
            ))}
          </fieldset>
          {lacking && (
            <div className={css.problem} id="consent-problem">
              <Notice tone="warn" role="alert">
                {t("welcome.consent_missing")}
              </Notice>
            </div>
          )}
          {agree.doing.isError && (
            <div className={css.problem}>
              <Notice tone="danger" role="alert">
                {failureText(t, agree.doing.error)}
              </Notice>
            </div>
          )}
          <div className={css.actions}>
            <Button type="submit" size="lg" loading={agree.doing.isPending}>
              {agree.label}
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
        title={decline.title}
        confirm={decline.label}
        dangerous
        busy={decline.doing.isPending}
        error={decline.doing.isError ? failureText(t, decline.doing.error) : undefined}
        onClose={() => setLeaving(false)}
        onConfirm={() => decline.doing.mutate()}
      >
        <p>{decline.text}</p>
      </Confirm>
    </Page>
  );
}
