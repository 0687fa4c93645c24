import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { createQuestionSet, createRoom, listQuestionSets, showQuestionSet } from "@/api/rooms";
import type { Language } from "@/protocol/messages";
import { newId } from "@/protocol/ids";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { LANGUAGE_NAMES, LANGUAGES, useLanguage, useText } from "@/ui/text";
import { BackToInterviews } from "./BackToInterviews";
import css from "./NewRoom.module.css";
import { QuestionEditor } from "./QuestionEditor";
import { emptyRoom, isRoomForm, problems, type RoomForm, toQuestion, toRoom, unchangedSet, withSet, written } from "./roomForm";

function TakeQuestions({ language, onTaken }: { language: Language; onTaken: (id: string) => void }) {
  const t = useText();
  const sets = useQuery({
    queryKey: ["question-sets", language],
    queryFn: ({ signal }) => listQuestionSets(language, signal),
  });
  const items = sets.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <NativeSelect
      label={t("new_room.take")}
      description={t("new_room.take_hint")}
      value=""
      onChange={(event) => event.currentTarget.value !== "" && onTaken(event.currentTarget.value)}
      data={[
        { value: "", label: t("new_room.take_none") },
        ...items.map((set) => ({
          value: set.question_set_id,
          label: t("new_room.set", { title: set.title, questions: t("new_room.count", { count: set.question_count }) }),
        })),
      ]}
    />
  );
}

export default function NewRoomPage() {
  const t = useText();
  const language = useLanguage();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, setForm, forget] = useDraft<RoomForm>("new-room", emptyRoom(language, "first"), isRoomForm);
  const [tried, setTried] = useState(false);
  const title = useRef<HTMLInputElement>(null);
  const keys = useRef({ set: newId(), room: newId() });
  const change = (part: Partial<RoomForm>) => setForm((before) => ({ ...before, ...part }));
  const found = problems(form);

  const take = useMutation({
    mutationFn: (id: string) => showQuestionSet(id),
    onSuccess: (set) => setForm((before) => withSet(before, set, newId)),
  });
  const create = useMutation({
    mutationFn: async () => {
      const questions = written(form).map(toQuestion);
      const known = unchangedSet(form);
      const set =
        known ??
        (questions.length === 0
          ? null
          : (
              await createQuestionSet(
                { title: form.title.trim(), language: form.language, questions },
                keys.current.set,
              )
            ).question_set_id);
      return createRoom(toRoom(form, set), keys.current.room);
    },
    onSuccess: async (session) => {
      forget();
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      void queries.invalidateQueries({ queryKey: ["question-sets"] });
      await navigate({ to: "/rooms/$id", params: { id: session.session_id } });
    },
    // What was refused may be sent changed: as something new.
    onError: () => {
      keys.current = { set: newId(), room: newId() };
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
      <PageHead title={t("new_room.title")} text={t("new_room.lead")} back={<BackToInterviews />} />
      <form className={css.form} onSubmit={submit} noValidate>
        <Panel title={t("new_room.about")}>
          <div className={css.fields}>
            <TextInput
              ref={title}
              label={t("new_room.name")}
              placeholder={t("new_room.name_example")}
              required
              maxLength={200}
              value={form.title}
              onChange={(event) => change({ title: event.currentTarget.value })}
              error={tried && found.includes("title") ? t("new_room.name_missing") : undefined}
            />
            <div className={css.pair}>
              <NativeSelect
                label={t("new.language")}
                value={form.language}
                onChange={(event) => change({ language: event.currentTarget.value as Language })}
                data={LANGUAGES.map((item) => ({ value: item, label: LANGUAGE_NAMES[item] }))}
              />
              <TextInput
                type="datetime-local"
                label={t("new_room.when")}
                description={t("new_room.when_hint")}
                value={form.scheduled}
                onChange={(event) => change({ scheduled: event.currentTarget.value })}
                inputWrapperOrder={["label", "input", "description", "error"]}
              />
            </div>
          </div>
        </Panel>
        <Panel title={t("new_room.questions")} hint={t("new_room.questions_hint")}>
          <div className={css.fields}>
            <TakeQuestions language={form.language} onTaken={(id) => take.mutate(id)} />
            {take.isError && (
              <Notice tone="danger" role="alert">
                {failureText(t, take.error)}
              </Notice>
            )}
            <QuestionEditor questions={form.questions} language={form.language} onChange={(questions) => change({ questions })} />
          </div>
        </Panel>
        {tried && (found.includes("points") || found.includes("criteria")) && (
          <Notice tone="danger" role="alert">
            {t(found.includes("points") ? "new_room.points_wrong" : "new_room.criteria_wrong")}
          </Notice>
        )}
        {create.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, create.error)}
          </Notice>
        )}
        <div className={css.submit}>
          <Button type="submit" size="lg" loading={create.isPending}>
            {t("new_room.submit")}
          </Button>
          <span className={css.note}>{t("new.draft_kept")}</span>
        </div>
      </form>
    </Page>
  );
}
