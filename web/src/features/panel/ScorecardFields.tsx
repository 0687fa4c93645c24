import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Criterion, type OwnScorecardRequest, RECOMMENDATIONS } from "@/api/types";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Notice } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import type { Language } from "@/protocol/messages";
import css from "./Panel.module.css";
import { EMPTY_SCORECARD, isScorecardForm, openMarks, type ScorecardForm, toScorecard } from "./scorecardForm";

export interface ScorecardFieldsProps {
  /** Under which it is kept while it is filled in. */
  draft: string;
  initial?: ScorecardForm;
  criteria: readonly Criterion[];
  language: Language;
  submitText: string;
  submit: (body: OwnScorecardRequest) => Promise<unknown>;
  onDone: () => void;
}

/** What a person thinks of a candidate: a level for each criterion, and what they would do. */
export function ScorecardFields(props: ScorecardFieldsProps) {
  const { draft, initial = EMPTY_SCORECARD, criteria, language, submitText } = props;
  const t = useText();
  const [form, setForm, forget] = useDraft(draft, initial, isScorecardForm);
  const [tried, setTried] = useState(false);
  const open = openMarks(form, criteria);
  const sending = useMutation({
    mutationFn: props.submit,
    onSuccess: () => {
      forget();
      props.onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const body = toScorecard(form, criteria);
    if (body !== null) sending.mutate(body);
  };
  return (
    <form className={css.fields} onSubmit={submit} noValidate>
      {criteria.map((criterion) => {
        const mark = form.marks[criterion.criterion_id] ?? "";
        const anchor = criterion.levels.find(({ level }) => String(level) === mark)?.anchor;
        return (
          <div key={criterion.criterion_id}>
            <NativeSelect
              label={<span lang={LOCALES[language]}>{criterion.name}</span>}
              required
              value={mark}
              error={tried && open.includes(criterion.criterion_id) ? t("own.missing") : undefined}
              onChange={(event) => {
                const { value } = event.currentTarget;
                setForm((before) => ({ ...before, marks: { ...before.marks, [criterion.criterion_id]: value } }));
              }}
              data={[
                { value: "", label: t("panel.choose") },
                ...criterion.levels.map(({ level, anchor: text }) => ({ value: String(level), label: `${level} · ${text}` })),
                { value: "none", label: t("own.none") },
              ]}
            />
            {anchor !== undefined && (
              <p className={css.none} lang={LOCALES[language]}>
                {anchor}
              </p>
            )}
          </div>
        );
      })}
      <NativeSelect
        label={t("own.recommendation")}
        required
        value={form.recommendation}
        error={tried && form.recommendation === "" ? t("own.missing") : undefined}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setForm((before) => ({ ...before, recommendation: RECOMMENDATIONS.find((item) => item === value) ?? "" }));
        }}
        data={[
          { value: "", label: t("panel.choose") },
          ...RECOMMENDATIONS.map((item) => ({ value: item, label: t(`recommendation.${item}`) })),
        ]}
      />
      <Textarea
        label={t("own.summary")}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={4000}
        value={form.comment}
        onChange={(event) => {
          const comment = event.currentTarget.value;
          setForm((before) => ({ ...before, comment }));
        }}
      />
      {sending.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, sending.error)}
        </Notice>
      )}
      <Button type="submit" loading={sending.isPending}>
        {submitText}
      </Button>
    </form>
  );
}
