import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { submitScorecard } from "@/api/client";
import { type Criterion, type OwnScorecardRequest, RECOMMENDATIONS, type Report } from "@/api/types";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Actions, Notice, Panel } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import css from "./OwnScorecard.module.css";
import { type Choice, EMPTY_FORM, entryOf, isOwnForm, toRequest, unanswered, withEntry } from "./ownScorecard";

interface CriterionFieldProps {
  criterion: Criterion;
  lang: string;
  entry: { choice: Choice; comment: string };
  missing: boolean;
  onChange: (part: Partial<{ choice: Choice; comment: string }>) => void;
}

function CriterionField({ criterion, lang, entry, missing, onChange }: CriterionFieldProps) {
  const t = useText();
  const name = useId();
  const problem = useId();
  return (
    <fieldset className={css.criterion} aria-describedby={missing ? problem : undefined}>
      <legend lang={lang}>{criterion.name}</legend>
      <p className={css.description} lang={lang}>
        {criterion.description}
      </p>
      {missing && (
        <p className={css.missing} id={problem}>
          {t("own.missing")}
        </p>
      )}
      <div className={css.levels}>
        {criterion.levels.map((level) => (
          <label key={level.level} className={css.level}>
            <input
              type="radio"
              name={name}
              checked={entry.choice === level.level}
              onChange={() => onChange({ choice: level.level as Choice })}
            />
            <b>{level.level}</b>
            <span lang={lang}>{level.anchor}</span>
          </label>
        ))}
        <label className={css.level} data-none="true">
          <input
            type="radio"
            name={name}
            checked={entry.choice === "none"}
            onChange={() => onChange({ choice: "none" })}
          />
          <span>{t("own.none")}</span>
        </label>
      </div>
      <Textarea
        aria-label={t("own.comment_on", { criterion: criterion.name })}
        placeholder={t("own.comment")}
        size="sm"
        autosize
        minRows={1}
        maxRows={8}
        maxLength={4000}
        value={entry.comment}
        onChange={(event) => onChange({ comment: event.currentTarget.value })}
      />
    </fieldset>
  );
}

/** A person's own judgement, given before the AI's draft is seen. */
export function OwnScorecardForm({ report, onSubmitted }: { report: Report; onSubmitted: () => void }) {
  const t = useText();
  const name = useId();
  const [form, setForm, forget] = useDraft(`scorecard.${report.session_id}`, EMPTY_FORM, isOwnForm);
  const [tried, setTried] = useState(false);
  const { criteria } = report.rubric;
  const open = unanswered(form, criteria);
  const submit = useMutation({
    mutationFn: (body: OwnScorecardRequest) => submitScorecard(report.session_id, body),
    onSuccess: () => {
      forget();
      onSubmitted();
    },
  });

  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const body = toRequest(form, criteria);
    if (body !== null) return submit.mutate(body);
    const element = event.currentTarget;
    requestAnimationFrame(() => {
      const field = element.querySelector<HTMLElement>("fieldset[aria-describedby]");
      field?.scrollIntoView({ block: "center" });
      field?.querySelector<HTMLElement>("input")?.focus({ preventScroll: true });
    });
  };

  return (
    <Panel title={t("own.title")} hint={t("own.progress", { done: criteria.length - open.length, total: criteria.length })}>
      <form className={css.form} onSubmit={onSubmit} noValidate>
        {criteria.map((criterion) => (
          <CriterionField
            key={criterion.criterion_id}
            criterion={criterion}
            lang={LOCALES[report.language]}
            entry={entryOf(form, criterion.criterion_id)}
            missing={tried && open.includes(criterion.criterion_id)}
            onChange={(part) => setForm((before) => withEntry(before, criterion.criterion_id, part))}
          />
        ))}
        <fieldset
          className={css.criterion}
          aria-describedby={tried && form.recommendation === null ? `${name}-problem` : undefined}
        >
          <legend>{t("own.recommendation")}</legend>
          {tried && form.recommendation === null && (
            <p className={css.missing} id={`${name}-problem`}>
              {t("own.missing")}
            </p>
          )}
          <div className={css.recommendations}>
            {RECOMMENDATIONS.map((item) => (
              <label key={item}>
                <input
                  type="radio"
                  name={name}
                  checked={form.recommendation === item}
                  onChange={() => setForm((before) => ({ ...before, recommendation: item }))}
                />
                {t(`recommendation.${item}`)}
              </label>
            ))}
          </div>
          <Textarea
            label={t("own.summary")}
            autosize
            minRows={3}
            maxRows={12}
            maxLength={4000}
            value={form.comment}
            onChange={(event) => {
              const comment = event.currentTarget.value;
              setForm((before) => ({ ...before, comment }));
            }}
          />
        </fieldset>
        {submit.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, submit.error)}
          </Notice>
        )}
        {tried && toRequest(form, criteria) === null && (
          <Notice tone="warn" role="alert">
            {t("own.incomplete")}
          </Notice>
        )}
        <p className={css.description}>{t("own.final")}</p>
        <Actions>
          <Button type="submit" size="lg" loading={submit.isPending}>
            {t("own.submit")}
          </Button>
        </Actions>
      </form>
    </Panel>
  );
}
