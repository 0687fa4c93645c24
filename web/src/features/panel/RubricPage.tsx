import { ActionIcon, Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { addRubricVersion, createRubric, showRubric, type StoredRubric } from "@/api/panels";
import type { Language } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { PlusIcon, RemoveIcon } from "@/ui/icons";
import { Loading, Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { LANGUAGE_NAMES, LANGUAGES, LOCALES, useLanguage, useText } from "@/ui/text";
import { BackToRubrics } from "./Back";
import css from "./Panel.module.css";
import {
  type CriterionForm,
  emptyCriterion,
  emptyRubric,
  freshCriterionId,
  fromRubric,
  isComplete,
  LEVELS,
  MOST_CRITERIA,
  type RubricForm,
  toRubric,
} from "./rubricForm";

const WEIGHTS = [0.5, 1, 1.5, 2, 3];

interface CriterionProps {
  number: number;
  criterion: CriterionForm;
  language: Language;
  onChange: (part: Partial<CriterionForm>) => void;
  onRemove: (() => void) | null;
}

function Criterion({ number, criterion, language, onChange, onRemove }: CriterionProps) {
  const t = useText();
  const lang = LOCALES[language];
  const setLevel = (index: number, text: string) =>
    onChange({ levels: criterion.levels.map((level, at) => (at === index ? { ...level, [language]: text } : level)) });
  return (
    <Panel
      title={t("rubrics.criterion", { number })}
      hint={
        onRemove === null ? undefined : (
          <ActionIcon variant="subtle" aria-label={t("rubrics.remove", { number })} onClick={onRemove}>
            <RemoveIcon size={18} />
          </ActionIcon>
        )
      }
    >
      <div className={css.fields}>
        <div className={css.pair}>
          <TextInput
            label={t("rubrics.criterion_name")}
            required
            lang={lang}
            maxLength={100}
            value={criterion.name[language] ?? ""}
            onChange={(event) => onChange({ name: { ...criterion.name, [language]: event.currentTarget.value } })}
          />
          <NativeSelect
            label={t("rubrics.weight")}
            value={String(criterion.weight)}
            onChange={(event) => onChange({ weight: Number(event.currentTarget.value) })}
            data={[...new Set([...WEIGHTS, criterion.weight])].sort((a, b) => a - b).map((weight) => ({ value: String(weight), label: `× ${weight}` }))}
          />
        </div>
        <Textarea
          label={t("rubrics.description")}
          lang={lang}
          autosize
          minRows={1}
          maxRows={6}
          maxLength={1000}
          value={criterion.description[language] ?? ""}
          onChange={(event) => onChange({ description: { ...criterion.description, [language]: event.currentTarget.value } })}
        />
        {Array.from({ length: LEVELS }, (_, index) => (
          <Textarea
            key={index}
            label={t("rubrics.level", { level: index + 1 })}
            required
            lang={lang}
            autosize
            minRows={1}
            maxRows={6}
            maxLength={1000}
            value={criterion.levels[index]?.[language] ?? ""}
            onChange={(event) => setLevel(index, event.currentTarget.value)}
          />
        ))}
        <TextInput
          label={t("rubrics.keywords")}
          description={t("rubrics.keywords_hint")}
          maxLength={2000}
          value={criterion.keywords}
          onChange={(event) => onChange({ keywords: event.currentTarget.value })}
        />
      </div>
    </Panel>
  );
}

function Editor({ stored }: { stored: StoredRubric | null }) {
  const t = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [language, setLanguage] = useState<Language>(useLanguage());
  const [form, setForm] = useState<RubricForm>(() => (stored === null ? emptyRubric() : fromRubric(stored)));
  const [tried, setTried] = useState(false);
  const key = useRef(newId());
  const own = stored !== null && !stored.built_in ? stored : null;
  const ready = form.title.trim() !== "" && LANGUAGES.some((one) => isComplete(form, one));
  const save = useMutation({
    mutationFn: () => {
      const body = toRubric(form);
      return own === null
        ? createRubric(body, key.current)
        : addRubricVersion(own.rubric_id, { ...body, expected_version: own.version }, key.current);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["rubrics"] });
      await navigate({ to: "/rubrics" });
    },
    onError: () => {
      key.current = newId();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (ready) save.mutate();
  };
  const change = (id: string, part: Partial<CriterionForm>) =>
    setForm((before) => ({
      ...before,
      criteria: before.criteria.map((criterion) => (criterion.criterion_id === id ? { ...criterion, ...part } : criterion)),
    }));
  return (
    <Page narrow>
      <PageHead
        title={stored === null ? t("rubrics.new") : stored.built_in ? t("rubrics.built_in_title") : stored.title}
        text={t(stored === null ? "rubrics.new_lead" : own === null ? "rubrics.copy_lead" : "rubrics.edit_lead")}
        back={<BackToRubrics />}
      />
      <form className={css.fields} onSubmit={submit} noValidate>
        <Panel>
          <div className={css.pair}>
            <TextInput
              label={t("rubrics.name")}
              required
              maxLength={200}
              value={form.title}
              onChange={(event) => {
                const title = event.currentTarget.value;
                setForm((before) => ({ ...before, title }));
              }}
            />
            <NativeSelect
              label={t("rubrics.language")}
              description={t("rubrics.language_hint")}
              inputWrapperOrder={["label", "input", "description", "error"]}
              value={language}
              onChange={(event) => setLanguage(event.currentTarget.value as Language)}
              data={LANGUAGES.map((item) => ({
                value: item,
                label: isComplete(form, item) ? t("rubrics.language_complete", { language: LANGUAGE_NAMES[item] }) : LANGUAGE_NAMES[item],
              }))}
            />
          </div>
        </Panel>
        {form.criteria.map((criterion, index) => (
          <Criterion
            key={criterion.criterion_id}
            number={index + 1}
            criterion={criterion}
            language={language}
            onChange={(part) => change(criterion.criterion_id, part)}
            onRemove={
              form.criteria.length > 1
                ? () => setForm((before) => ({ ...before, criteria: before.criteria.filter((other) => other !== criterion) }))
                : null
            }
          />
        ))}
        {form.criteria.length < MOST_CRITERIA && (
          <Button
            variant="default"
            leftSection={<PlusIcon size={18} />}
            style={{ justifySelf: "start" }}
            onClick={() =>
              setForm((before) => ({
                ...before,
                criteria: [...before.criteria, emptyCriterion(freshCriterionId(before.criteria))],
              }))
            }
          >
            {t("rubrics.add")}
          </Button>
        )}
        {tried && !ready && (
          <Notice tone="warn" role="alert">
            {t("rubrics.incomplete")}
          </Notice>
        )}
        {save.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, save.error)}
          </Notice>
        )}
        <div className={css.row}>
          <Button type="submit" size="lg" loading={save.isPending}>
            {t(stored === null ? "rubrics.create" : own === null ? "rubrics.save_copy" : "rubrics.save_version")}
          </Button>
        </div>
      </form>
    </Page>
  );
}

export function NewRubricPage() {
  return <Editor stored={null} />;
}

/** One rubric: a new version of one's own, or a copy of the built-in one. */
export default function RubricPage() {
  const { id } = useParams({ from: "/staff/rubrics/$id" });
  const rubric = useQuery({
    queryKey: ["rubrics", id],
    queryFn: ({ signal }) => showRubric("staff", id, null, signal),
    // Somebody writes in it: what comes later must not take their words away.
    refetchOnWindowFocus: false,
  });
  if (rubric.data !== undefined) return <Editor key={`${id}:${rubric.data.version}`} stored={rubric.data} />;
  return (
    <Page narrow>
      {rubric.isError ? <Failure error={rubric.error} onRetry={() => void rubric.refetch()} heading="h1" /> : <Loading />}
    </Page>
  );
}
