import { ActionIcon, Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { createPanel, inviteToPanel, listRubrics } from "@/api/panels";
import type { Visibility } from "@/api/types";
import type { Language } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { PlusIcon, RemoveIcon } from "@/ui/icons";
import { Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { LANGUAGE_NAMES, LANGUAGES, useLanguage, useText } from "@/ui/text";
import { BackToInterviews } from "./Back";
import { INVITATION_HOURS } from "./Invite";
import { keepPanelLink } from "./links";
import css from "./Panel.module.css";
import { BUILT_IN_RUBRIC, emptyPanel, interviewersOf, isPanelForm, MOST_CANDIDATES, type PanelForm, problems, toPanel } from "./panelForm";

const VISIBILITIES: readonly Visibility[] = ["sealed", "live"];

interface PartProps {
  form: PanelForm;
  change: (part: Partial<PanelForm>) => void;
}

function Candidates({ form, change, missing }: PartProps & { missing: boolean }) {
  const t = useText();
  const set = (index: number, name: string) =>
    change({ candidates: form.candidates.map((before, at) => (at === index ? name : before)) });
  return (
    <div className={css.fields}>
      {form.candidates.map((name, index) => (
        <div key={index} className={css.row}>
          <TextInput
            label={t("new_panel.candidate", { number: index + 1 })}
            maxLength={100}
            value={name}
            onChange={(event) => set(index, event.currentTarget.value)}
            error={missing && index === 0 ? t("new_panel.candidates_wrong") : undefined}
          />
          {form.candidates.length > 1 && (
            <ActionIcon
              variant="default"
              size={42}
              aria-label={t("new_panel.remove", { number: index + 1 })}
              onClick={() => change({ candidates: form.candidates.filter((_, at) => at !== index) })}
            >
              <RemoveIcon size={18} />
            </ActionIcon>
          )}
        </div>
      ))}
      {form.candidates.length < MOST_CANDIDATES && (
        <Button
          variant="default"
          leftSection={<PlusIcon size={18} />}
          style={{ justifySelf: "start" }}
          onClick={() => change({ candidates: [...form.candidates, ""] })}
        >
          {t("new_panel.add")}
        </Button>
      )}
    </div>
  );
}

function RubricChoice({ form, change }: PartProps) {
  const t = useText();
  const rubrics = useQuery({ queryKey: ["rubrics"], queryFn: ({ signal }) => listRubrics(null, signal) });
  const items = rubrics.data?.items ?? [];
  return (
    <div>
      <NativeSelect
        label={t("new_panel.rubric")}
        description={t("new_panel.rubric_hint")}
        value={form.rubric_id}
        onChange={(event) => change({ rubric_id: event.currentTarget.value })}
        data={
          items.length === 0
            ? [{ value: BUILT_IN_RUBRIC, label: t("rubrics.built_in_title") }]
            : items.map((rubric) => ({
                value: rubric.rubric_id,
                label: rubric.built_in ? t("rubrics.built_in_title") : t("rubrics.version_of", { title: rubric.title, version: rubric.version }),
              }))
        }
      />
      <Link to="/rubrics">{t("new_panel.rubrics")}</Link>
    </div>
  );
}

export default function NewPanelPage() {
  const t = useText();
  const language = useLanguage();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, setForm, forget] = useDraft<PanelForm>("new-panel", emptyPanel(language), isPanelForm);
  const [tried, setTried] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const key = useRef(newId());
  const change = (part: Partial<PanelForm>) => setForm((before) => ({ ...before, ...part }));
  const found = problems(form);

  const create = useMutation({
    mutationFn: async () => {
      const { session_id: id } = await createPanel(toPanel(form), key.current);
      const asked = interviewersOf(form).map((name) => inviteToPanel(id, { name, role: "interviewer", expires_in_hours: INVITATION_HOURS }));
      // The panel exists now; a link that could not be made is made on its page.
      for (const made of await Promise.allSettled(asked)) if (made.status === "fulfilled") keepPanelLink(id, made.value);
      return id;
    },
    onSuccess: async (id) => {
      forget();
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      await navigate({ to: "/panels/$id", params: { id } });
    },
    // What was refused may be sent changed: as something new.
    onError: () => {
      key.current = newId();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (found.length === 0) create.mutate();
    else if (found.includes("title")) title.current?.focus();
  };

  return (
    <Page narrow>
      <PageHead title={t("new_panel.title")} text={t("new_panel.lead")} back={<BackToInterviews />} />
      <form className={css.fields} onSubmit={submit} noValidate>
        <Panel title={t("new_panel.about")}>
          <div className={css.fields}>
            <TextInput
              ref={title}
              label={t("new_panel.name")}
              placeholder={t("new_panel.name_example")}
              required
              maxLength={200}
              value={form.title}
              onChange={(event) => change({ title: event.currentTarget.value })}
              error={tried && found.includes("title") ? t("new_panel.name_missing") : undefined}
            />
            <NativeSelect
              label={t("new.language")}
              value={form.language}
              onChange={(event) => change({ language: event.currentTarget.value as Language })}
              data={LANGUAGES.map((item) => ({ value: item, label: LANGUAGE_NAMES[item] }))}
            />
            <Textarea
              label={t("new_panel.job_description")}
              autosize
              minRows={2}
              maxRows={10}
              maxLength={10_000}
              value={form.job_description}
              onChange={(event) => change({ job_description: event.currentTarget.value })}
            />
          </div>
        </Panel>
        <Panel title={t("new_panel.candidates")} hint={t("new_panel.candidates_hint")}>
          <Candidates form={form} change={change} missing={tried && found.includes("candidates")} />
        </Panel>
        <Panel title={t("new_panel.interviewers")}>
          <Textarea
            label={t("new_panel.interviewer_names")}
            description={t("new_panel.interviewers_hint")}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={2000}
            value={form.interviewers}
            onChange={(event) => change({ interviewers: event.currentTarget.value })}
          />
        </Panel>
        <Panel title={t("new_panel.judging")}>
          <div className={css.fields}>
            <RubricChoice form={form} change={change} />
            <NativeSelect
              label={t("new_panel.visibility")}
              description={t(`visibility_text.${form.visibility}`)}
              value={form.visibility}
              onChange={(event) => change({ visibility: event.currentTarget.value as Visibility })}
              data={VISIBILITIES.map((item) => ({ value: item, label: t(`visibility.${item}`) }))}
            />
          </div>
        </Panel>
        {create.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, create.error)}
          </Notice>
        )}
        <div className={css.row}>
          <Button type="submit" size="lg" loading={create.isPending}>
            {t("new_panel.submit")}
          </Button>
        </div>
      </form>
    </Page>
  );
}
