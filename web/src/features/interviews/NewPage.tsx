import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useId, useMemo, useRef, useState } from "react";
import { createInvitation, createSession, listCompetencies } from "@/api/client";
import { newId } from "@/protocol/ids";
import { STYLES, type Visibility } from "@/api/types";
import { useDraft } from "@/ui/drafts";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { BackIcon } from "@/ui/icons";
import { Loading, Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { LANGUAGE_NAMES, LANGUAGES, LOCALES, useFormat, useLanguage, useText } from "@/ui/text";
import { emptyForm, type InterviewForm, isForm, LENGTHS, MOST_COMPETENCIES, problems, TEXT_LIMIT, toggled, toRequest } from "./form";
import { keepLink } from "./links";
import css from "./NewPage.module.css";
import { PlanPreview } from "./PlanPreview";

const INVITATION_HOURS = 168;
const VISIBILITIES: readonly Visibility[] = ["sealed", "live"];

interface OptionProps {
  type: "radio" | "checkbox";
  name: string;
  checked: boolean;
  disabled?: boolean;
  onChange: () => void;
  title: string;
  lang?: string | undefined;
  children?: ReactNode;
}

function Option({ type, name, checked, disabled = false, onChange, title, lang, children }: OptionProps) {
  return (
    <label className={css.option} lang={lang}>
      <input type={type} name={name} checked={checked} disabled={disabled} onChange={onChange} />
      <span>
        <strong>{title}</strong>
        {children !== undefined && <small>{children}</small>}
      </span>
    </label>
  );
}

function Competencies({ form, change }: { form: InterviewForm; change: (part: Partial<InterviewForm>) => void }) {
  const t = useText();
  const name = useId();
  const competencies = useQuery({
    queryKey: ["competencies", form.language],
    queryFn: ({ signal }) => listCompetencies(form.language, signal),
    staleTime: Infinity,
    placeholderData: (before) => before,
  });
  if (competencies.isPending) return <Loading lines={3} />;
  if (competencies.isError) {
    return <Failure error={competencies.error} onRetry={() => void competencies.refetch()} />;
  }
  return (
    <fieldset className={css.group}>
      <legend>
        {t("new.competencies_choose")} <span>{t("new.competencies_hint")}</span>
      </legend>
      <div className={css.options}>
        {competencies.data.items.map((item) => (
          <Option
            key={item.competency}
            type="checkbox"
            name={name}
            title={item.name}
            lang={LOCALES[form.language]}
            checked={form.competencies.includes(item.competency)}
            disabled={form.competencies.length >= MOST_COMPETENCIES && !form.competencies.includes(item.competency)}
            onChange={() => change({ competencies: toggled(form.competencies, item.competency) })}
          >
            {item.description}
          </Option>
        ))}
      </div>
    </fieldset>
  );
}

export default function NewPage() {
  const t = useText();
  const format = useFormat();
  const language = useLanguage();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const ids = { language: useId(), style: useId(), visibility: useId() };
  const [form, setForm, forget] = useDraft<InterviewForm>("new-interview", emptyForm(language), isForm);
  const [tried, setTried] = useState(false);
  const roleInput = useRef<HTMLInputElement>(null);
  const idempotencyKey = useRef(newId());
  const change = (part: Partial<InterviewForm>) => setForm((before) => ({ ...before, ...part }));
  const request = useMemo(() => toRequest(form), [form]);
  const found = problems(form);

  const create = useMutation({
    mutationFn: async () => {
      const session = await createSession(request, idempotencyKey.current);
      // The interview exists now; a link that could not be made is made on the next page.
      const invitation = await createInvitation(session.session_id, request.candidate_name, INVITATION_HOURS).catch(
        () => null,
      );
      return { session, invitation };
    },
    onSuccess: async ({ session, invitation }) => {
      forget();
      if (invitation !== null) keepLink(session.session_id, invitation);
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      await navigate({ to: "/interviews/$id/invite", params: { id: session.session_id } });
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (found.length > 0) {
      if (found.includes("role_missing")) roleInput.current?.focus();
      return;
    }
    create.mutate();
  };

  const tooLong = (problem: (typeof found)[number]) =>
    found.includes(problem) ? t("new.text_long", { limit: format.number(TEXT_LIMIT) }) : undefined;

  return (
    <Page>
      <PageHead
        title={t("new.title")}
        text={t("new.lead")}
        back={
          <Link to="/interviews" style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}>
            <BackIcon size={16} />
            {t("interviews.title")}
          </Link>
        }
      />
      <div className={css.columns}>
        <form className={css.form} onSubmit={submit} noValidate>
          <Panel title={t("new.about")}>
            <div className={css.fields}>
              <div className={css.pair}>
                <TextInput
                  ref={roleInput}
                  label={t("new.role")}
                  placeholder={t("new.role_example")}
                  required
                  maxLength={200}
                  value={form.role}
                  onChange={(event) => change({ role: event.currentTarget.value })}
                  error={tried && found.includes("role_missing") ? t("new.role_missing") : undefined}
                />
                <TextInput
                  label={t("new.candidate")}
                  placeholder={t("new.candidate_example")}
                  maxLength={200}
                  value={form.candidate_name}
                  onChange={(event) => change({ candidate_name: event.currentTarget.value })}
                />
              </div>
              <fieldset className={css.group}>
                <legend>{t("new.language")}</legend>
                <div className={css.options} style={{ gridTemplateColumns: "repeat(auto-fit, minmax(8rem, 1fr))" }}>
                  {LANGUAGES.map((item) => (
                    <Option
                      key={item}
                      type="radio"
                      name={ids.language}
                      title={LANGUAGE_NAMES[item]}
                      lang={LOCALES[item]}
                      checked={form.language === item}
                      onChange={() => change({ language: item })}
                    />
                  ))}
                </div>
              </fieldset>
              <fieldset className={css.group}>
                <legend>{t("new.style")}</legend>
                <div className={css.options}>
                  {STYLES.map((style) => (
                    <Option
                      key={style}
                      type="radio"
                      name={ids.style}
                      title={t(`style.${style}`)}
                      checked={form.interview_style === style}
                      onChange={() => change({ interview_style: style })}
                    >
                      {t(`style_text.${style}`)}
                    </Option>
                  ))}
                </div>
              </fieldset>
              <NativeSelect
                label={t("new.length")}
                description={t("new.length_hint")}
                value={String(form.duration_minutes)}
                onChange={(event) => change({ duration_minutes: Number(event.currentTarget.value) })}
                data={LENGTHS.map((minutes) => ({ value: String(minutes), label: t("plan.minutes", { count: minutes }) }))}
              />
            </div>
          </Panel>
          <Panel title={t("new.competencies")}>
            <Competencies form={form} change={change} />
          </Panel>
          <Panel title={t("new.context")} hint={t("new.optional")}>
            <div className={css.fields}>
              <Textarea
                label={t("new.job_description")}
                description={t("new.job_description_hint")}
                autosize
                minRows={4}
                maxRows={14}
                value={form.job_description}
                onChange={(event) => change({ job_description: event.currentTarget.value })}
                error={tooLong("job_description_long")}
              />
              <Textarea
                label={t("new.resume")}
                description={t("new.resume_hint")}
                autosize
                minRows={4}
                maxRows={14}
                value={form.resume}
                onChange={(event) => change({ resume: event.currentTarget.value })}
                error={tooLong("resume_long")}
              />
            </div>
          </Panel>
          <Panel title={t("new.visibility")}>
            <fieldset className={css.group}>
              <legend>{t("new.visibility_choose")}</legend>
              <div className={css.options}>
                {VISIBILITIES.map((visibility) => (
                  <Option
                    key={visibility}
                    type="radio"
                    name={ids.visibility}
                    title={t(`visibility.${visibility}`)}
                    checked={form.evaluation_visibility === visibility}
                    onChange={() => change({ evaluation_visibility: visibility })}
                  >
                    {t(`visibility_text.${visibility}`)}
                  </Option>
                ))}
              </div>
            </fieldset>
          </Panel>
          {create.isError && (
            <Notice tone="danger" role="alert">
              {failureText(t, create.error)}
            </Notice>
          )}
          <div className={css.submit}>
            <Button type="submit" size="lg" loading={create.isPending}>
              {t("new.submit")}
            </Button>
            <span className={css.why}>{t("new.draft_kept")}</span>
          </div>
        </form>
        <aside className={css.aside}>
          <PlanPreview request={request} />
        </aside>
      </div>
    </Page>
  );
}
