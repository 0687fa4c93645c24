import { ActionIcon, Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useId } from "react";
import { CHOICE_SCORINGS, type ChoiceScoring } from "@/api/exams";
import { PlusIcon, RemoveIcon } from "@/ui/icons";
import { useText } from "@/ui/text";
import css from "./Exams.module.css";
import { isChoice, type QuestionForm, type QuestionProblem, withCorrect, withOption, withPoint } from "./questionForm";

export interface FieldsProps {
  form: QuestionForm;
  change: (next: QuestionForm) => void;
  problem: (name: QuestionProblem) => string | undefined;
}

function ChoiceFields({ form, change, problem }: FieldsProps) {
  const t = useText();
  const name = useId();
  const single = form.type === "single_choice";
  const text = (optionId: string, value: string) =>
    change({
      ...form,
      options: form.options.map((option) => (option.option_id === optionId ? { ...option, text: value } : option)),
    });
  const trouble = problem("options_few") ?? problem("correct_missing");
  return (
    <fieldset className={css.group}>
      <legend>{single ? t("question.options_single") : t("question.options_multiple")}</legend>
      {form.options.map((option) => (
        <div key={option.option_id} className={css.option}>
          <label>
            <input
              type={single ? "radio" : "checkbox"}
              name={name}
              checked={option.correct}
              onChange={(event) => change(withCorrect(form, option.option_id, event.currentTarget.checked))}
              aria-label={t("question.option_correct", { option: option.option_id })}
            />
            {option.option_id}
          </label>
          <TextInput
            aria-label={t("question.option_text", { option: option.option_id })}
            value={option.text}
            maxLength={2000}
            onChange={(event) => text(option.option_id, event.currentTarget.value)}
          />
          <ActionIcon
            aria-label={t("question.option_remove", { option: option.option_id })}
            disabled={form.options.length <= 2}
            onClick={() => change({ ...form, options: form.options.filter((other) => other !== option) })}
          >
            <RemoveIcon size={18} />
          </ActionIcon>
        </div>
      ))}
      {trouble !== undefined && (
        <p className={css.problem} role="alert">
          {trouble}
        </p>
      )}
      <div className={css.bar}>
        <Button variant="default" size="sm" leftSection={<PlusIcon size={16} />} onClick={() => change(withOption(form))}>
          {t("question.option_add")}
        </Button>
        {!single && (
          <NativeSelect
            size="sm"
            aria-label={t("question.scoring")}
            value={form.scoring}
            onChange={(event) => change({ ...form, scoring: event.currentTarget.value as ChoiceScoring })}
            data={CHOICE_SCORINGS.map((scoring) => ({ value: scoring, label: t(`scoring.${scoring}`) }))}
          />
        )}
      </div>
    </fieldset>
  );
}

function TruthFields({ form, change }: FieldsProps) {
  const t = useText();
  const name = useId();
  return (
    <fieldset className={css.group}>
      <legend>{t("question.truth")}</legend>
      {([true, false] as const).map((truth) => (
        <label key={String(truth)} className={css.check}>
          <input type="radio" name={name} checked={form.truth === truth} onChange={() => change({ ...form, truth })} />
          {truth ? t("question.true") : t("question.false")}
        </label>
      ))}
    </fieldset>
  );
}

function NumberFields({ form, change, problem }: FieldsProps) {
  const t = useText();
  return (
    <>
      <div className={css.pair}>
        <TextInput
          label={t("question.value")}
          inputMode="decimal"
          value={form.value}
          error={problem("value_missing")}
          onChange={(event) => change({ ...form, value: event.currentTarget.value })}
        />
        <TextInput
          label={t("question.tolerance")}
          inputMode="decimal"
          placeholder="0"
          value={form.tolerance}
          error={problem("tolerance_invalid")}
          onChange={(event) => change({ ...form, tolerance: event.currentTarget.value })}
        />
        <TextInput
          label={t("question.unit")}
          value={form.unit}
          onChange={(event) => change({ ...form, unit: event.currentTarget.value })}
        />
      </div>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={form.unit_required}
          disabled={form.unit.trim() === ""}
          onChange={(event) => change({ ...form, unit_required: event.currentTarget.checked })}
        />
        {t("question.unit_required")}
      </label>
    </>
  );
}

function BlankFields({ form, change, problem }: FieldsProps) {
  const t = useText();
  return (
    <fieldset className={css.group}>
      <legend>
        {t("question.blanks")} <span className={css.hint}>{t("question.blanks_hint")}</span>
      </legend>
      {form.blanks.map((blank, index) => (
        <div key={index} className={css.part}>
          <TextInput
            label={t("question.blank", { number: index + 1 })}
            value={blank}
            onChange={(event) => {
              const { value } = event.currentTarget;
              change({ ...form, blanks: form.blanks.map((other, at) => (at === index ? value : other)) });
            }}
          />
          <ActionIcon
            aria-label={t("question.blank_remove", { number: index + 1 })}
            disabled={form.blanks.length === 1}
            onClick={() => change({ ...form, blanks: form.blanks.filter((_, at) => at !== index) })}
          >
            <RemoveIcon size={18} />
          </ActionIcon>
        </div>
      ))}
      {problem("blank_empty") !== undefined && (
        <p className={css.problem} role="alert">
          {problem("blank_empty")}
        </p>
      )}
      <div className={css.bar}>
        <Button
          variant="default"
          size="sm"
          leftSection={<PlusIcon size={16} />}
          onClick={() => change({ ...form, blanks: [...form.blanks, ""] })}
        >
          {t("question.blank_add")}
        </Button>
        <label className={css.check}>
          <input
            type="checkbox"
            checked={form.any_order}
            onChange={(event) => change({ ...form, any_order: event.currentTarget.checked })}
          />
          {t("question.any_order")}
        </label>
      </div>
    </fieldset>
  );
}

function FreeTextFields({ form, change, problem }: FieldsProps) {
  const t = useText();
  const point = (index: number, part: Partial<QuestionForm["rubric"][number]>) =>
    change({ ...form, rubric: form.rubric.map((other, at) => (at === index ? { ...other, ...part } : other)) });
  return (
    <>
      <Textarea
        label={t("question.model_answer")}
        description={form.type === "short_answer" ? t("question.model_answer_hint") : undefined}
        autosize
        minRows={3}
        maxRows={14}
        value={form.model_answer}
        onChange={(event) => change({ ...form, model_answer: event.currentTarget.value })}
      />
      <fieldset className={css.group}>
        <legend>
          {t("question.rubric")} <span className={css.hint}>{t("question.rubric_hint")}</span>
        </legend>
        {form.rubric.map((item, index) => (
          <div key={item.point_id} className={css.rubricPoint}>
            <TextInput
              label={t("question.point", { number: index + 1 })}
              value={item.text}
              onChange={(event) => point(index, { text: event.currentTarget.value })}
            />
            <TextInput
              label={t("question.point_alternatives")}
              value={item.alternatives}
              onChange={(event) => point(index, { alternatives: event.currentTarget.value })}
            />
            <TextInput
              label={t("question.points")}
              inputMode="decimal"
              value={item.points}
              onChange={(event) => point(index, { points: event.currentTarget.value })}
            />
            <ActionIcon
              aria-label={t("question.point_remove", { number: index + 1 })}
              onClick={() => change({ ...form, rubric: form.rubric.filter((_, at) => at !== index) })}
            >
              <RemoveIcon size={18} />
            </ActionIcon>
          </div>
        ))}
        {problem("rubric_incomplete") !== undefined && (
          <p className={css.problem} role="alert">
            {problem("rubric_incomplete")}
          </p>
        )}
        <div>
          <Button variant="default" size="sm" leftSection={<PlusIcon size={16} />} onClick={() => change(withPoint(form))}>
            {t("question.point_add")}
          </Button>
        </div>
      </fieldset>
    </>
  );
}

/** What the answers of a question's type are held against. */
export function KeyFields(props: FieldsProps) {
  const { type } = props.form;
  if (isChoice(type)) return <ChoiceFields {...props} />;
  if (type === "true_false") return <TruthFields {...props} />;
  if (type === "numeric") return <NumberFields {...props} />;
  if (type === "fill_in") return <BlankFields {...props} />;
  return <FreeTextFields {...props} />;
}
