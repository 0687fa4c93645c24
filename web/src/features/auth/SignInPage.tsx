import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { signIn, signInByLink } from "@/api/client";
import { ApiError } from "@/api/http";
import { failureText } from "@/ui/failureText";
import { Notice, useTitle, VoiceBars } from "@/ui/primitives";
import { clockText, type Translate, useText } from "@/ui/text";
import { useSecondsUntil } from "@/ui/useSecondsUntil";
import css from "./SignInPage.module.css";

/** How long a locked sign-in waits when the server does not say. */
const LOCK_S = 60;

function problem(t: Translate, error: unknown, byLink: boolean): string {
  if (error instanceof ApiError && error.status === 401) return t(byLink ? "sign_in.link_wrong" : "sign_in.wrong");
  return failureText(t, error);
}

export default function SignInPage() {
  const t = useText();
  useTitle(t("sign_in.title"));
  const navigate = useNavigate();
  const { link, next } = useSearch({ from: "/plain/sign-in" });
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState({ email: false, password: false });
  const emailInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);

  const enter = () => navigate({ to: next ?? "/", replace: true });
  const [lockedUntil, setLockedUntil] = useState<number | null>(null);
  const byPassword = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: enter,
    onError: (error) => {
      const locked = error instanceof ApiError && error.status === 429;
      setLockedUntil(locked ? Date.now() + (error.retryAfter ?? LOCK_S) * 1000 : null);
    },
  });
  const byLink = useMutation({ mutationFn: (token: string) => signInByLink(token), onSuccess: enter });
  const { mutate: followLink } = byLink;

  // A one-time link works once, so it is followed once however often the effect runs.
  const followed = useRef<string | null>(null);
  useEffect(() => {
    if (link === undefined || followed.current === link) return;
    followed.current = link;
    followLink(link);
  }, [link, followLink]);

  const refusal = byPassword.error;
  const wait = useSecondsUntil(lockedUntil);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const lacks = { email: email.trim() === "", password: password === "" };
    setMissing(lacks);
    if (lacks.email) return emailInput.current?.focus();
    if (lacks.password) return passwordInput.current?.focus();
    byPassword.mutate();
  };

  return (
    <div className={css.page}>
      <form className={css.form} onSubmit={submit} noValidate>
        <h1>{t("sign_in.title")}</h1>
        <p className={css.lead}>{t("sign_in.lead")}</p>
        <div className={css.fields}>
          {byLink.isPending && (
            <Notice tone="accent" role="status">
              {t("sign_in.link_working")}
            </Notice>
          )}
          {byLink.error !== null && (
            <Notice tone="danger" role="alert">
              {problem(t, byLink.error, true)}
            </Notice>
          )}
          {refusal !== null && (lockedUntil === null || wait > 0) && (
            <Notice tone={lockedUntil === null ? "danger" : "warn"} role="alert">
              {lockedUntil === null ? problem(t, refusal, false) : t("sign_in.locked")}
              {lockedUntil !== null && (
                <strong aria-hidden="true"> {t("sign_in.locked_for", { time: clockText(wait) })}</strong>
              )}
            </Notice>
          )}
          <TextInput
            ref={emailInput}
            label={t("sign_in.email")}
            type="email"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={missing.email ? t("sign_in.email_missing") : undefined}
          />
          <PasswordInput
            ref={passwordInput}
            label={t("sign_in.password")}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={missing.password ? t("sign_in.password_missing") : undefined}
            visibilityToggleButtonProps={{ "aria-label": t("sign_in.show_password"), tabIndex: 0 }}
          />
          <Button type="submit" loading={byPassword.isPending} disabled={wait > 0} fullWidth size="lg">
            {t("sign_in.submit")}
          </Button>
        </div>
      </form>
      <aside className={css.side} aria-label={t("sign_in.about")}>
        <div className={css.sign}>
          <VoiceBars />
        </div>
        <ul>
          <li>
            <strong>{t("sign_in.promise_evidence")}</strong>
            <span>{t("sign_in.promise_evidence_text")}</span>
          </li>
          <li>
            <strong>{t("sign_in.promise_human")}</strong>
            <span>{t("sign_in.promise_human_text")}</span>
          </li>
          <li>
            <strong>{t("sign_in.promise_patience")}</strong>
            <span>{t("sign_in.promise_patience_text")}</span>
          </li>
        </ul>
      </aside>
    </div>
  );
}
