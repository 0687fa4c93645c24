import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { createExam, examKey } from "@/api/exams";
import type { Language } from "@/api/types";
import { newId } from "@/protocol/ids";
import { BackLink } from "@/ui/BackLink";
import { failureText } from "@/ui/failureText";
import { Actions, Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { LANGUAGE_NAMES, LANGUAGES, useLanguage, useText } from "@/ui/text";
import css from "./Exams.module.css";

export default function NewExamPage() {
  const t = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [head, setHead] = useState({ title: "", subject: "", language: useLanguage() });
  const [tried, setTried] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const idempotencyKey = useRef(newId());
  const missing = head.title.trim() === "";

  const create = useMutation({
    mutationFn: () => createExam({ ...head, title: head.title.trim() }, idempotencyKey.current),
    onSuccess: async (exam) => {
      queries.setQueryData(examKey(exam.exam_id), exam);
      void queries.invalidateQueries({ queryKey: ["exams"] });
      await navigate({ to: "/exams/$id", params: { id: exam.exam_id } });
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (missing) title.current?.focus();
    else create.mutate();
  };

  return (
    <Page narrow>
      <PageHead title={t("new_exam.title")} text={t("new_exam.lead")} back={<BackLink to="/exams">{t("exams.title")}</BackLink>} />
      <form onSubmit={submit} noValidate>
        <Panel>
          <div className={css.fields}>
            <TextInput
              ref={title}
              label={t("new_exam.name")}
              placeholder={t("new_exam.name_example")}
              required
              maxLength={200}
              value={head.title}
              onChange={(event) => setHead({ ...head, title: event.currentTarget.value })}
              error={tried && missing ? t("new_exam.name_missing") : undefined}
            />
            <div className={css.pair}>
              <TextInput
                label={t("new_exam.subject")}
                maxLength={200}
                value={head.subject}
                onChange={(event) => setHead({ ...head, subject: event.currentTarget.value })}
              />
              <NativeSelect
                label={t("new_exam.language")}
                value={head.language}
                onChange={(event) => setHead({ ...head, language: event.currentTarget.value as Language })}
                data={LANGUAGES.map((language) => ({ value: language, label: LANGUAGE_NAMES[language] }))}
              />
            </div>
            {create.isError && (
              <Notice tone="danger" role="alert">
                {failureText(t, create.error)}
              </Notice>
            )}
          </div>
          <Actions>
            <Button type="submit" size="lg" loading={create.isPending}>
              {t("new_exam.create")}
            </Button>
          </Actions>
        </Panel>
      </form>
    </Page>
  );
}
