import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import {
  changeExam,
  type Exam,
  examKey,
  type ExamSettings,
  GRADERS,
  MEMBER_ROLES,
  type MemberRole,
  putMember,
  removeMember,
  showExam,
} from "@/api/exams";
import { failureText } from "@/ui/failureText";
import { RemoveIcon } from "@/ui/icons";
import { Actions, Notice, Panel } from "@/ui/primitives";
import { useText } from "@/ui/text";
import css from "./Exams.module.css";

const SHARES = [
  "check_share",
  "second_share",
  "seed_share",
  "disagreement",
  "tolerance",
  "least_confidence",
  "least_quality",
] as const;
const FLAGS = ["blind", "pause_on_alert"] as const;

function Marking({ exam }: { exam: Exam }) {
  const t = useText();
  const queries = useQueryClient();
  const [settings, setSettings] = useState<ExamSettings>(exam.settings);
  const save = useMutation({
    mutationFn: () => changeExam(exam.exam_id, { settings }),
    onSuccess: (changed) => queries.setQueryData(examKey(exam.exam_id), changed),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Panel title={t("settings.marking")}>
      <form onSubmit={submit} className={css.stack}>
        {FLAGS.map((name) => (
          <label key={name} className={css.check}>
            <input
              type="checkbox"
              checked={settings[name]}
              onChange={(event) => setSettings({ ...settings, [name]: event.currentTarget.checked })}
            />
            <span>
              {t(`setting.${name}`)}
              <small>{t(`setting_hint.${name}`)}</small>
            </span>
          </label>
        ))}
        <div className={css.pair}>
          <NativeSelect
            label={t("setting.grader")}
            value={settings.grader}
            onChange={(event) => setSettings({ ...settings, grader: event.currentTarget.value as ExamSettings["grader"] })}
            data={GRADERS.map((grader) => ({ value: grader, label: t(`grader.${grader}`) }))}
          />
          {SHARES.map((name) => (
            <TextInput
              key={name}
              type="number"
              min={0}
              max={100}
              label={t(`setting.${name}`)}
              description={t(`setting_hint.${name}`)}
              rightSection="%"
              value={Math.round(settings[name] * 100)}
              onChange={(event) => {
                const share = Math.min(100, Math.max(0, Number(event.currentTarget.value))) / 100;
                setSettings({ ...settings, [name]: share });
              }}
            />
          ))}
        </div>
        {save.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, save.error)}
          </Notice>
        )}
        <div role="status">{save.isSuccess && <Notice tone="accent">{t("settings.saved")}</Notice>}</div>
        <Actions>
          <Button type="submit" loading={save.isPending}>
            {t("settings.save")}
          </Button>
        </Actions>
      </form>
    </Panel>
  );
}

function People({ exam }: { exam: Exam }) {
  const t = useText();
  const queries = useQueryClient();
  const [userId, setUserId] = useState("");
  const [role, setRole] = useState<MemberRole>("grader");
  const change = useMutation({
    mutationFn: (run: () => Promise<Exam>) => run(),
    onSuccess: (changed) => {
      queries.setQueryData(examKey(exam.exam_id), changed);
      setUserId("");
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (userId.trim() !== "") change.mutate(() => putMember(exam.exam_id, userId.trim(), role));
  };
  const roleName = (name: string) => {
    const known = MEMBER_ROLES.find((item) => item === name);
    return known === undefined ? name : t(`member_role.${known}`);
  };
  return (
    <Panel title={t("settings.people")}>
      <div className={css.stack}>
        <p>{t("settings.people_text")}</p>
        <ul className={css.key}>
          {exam.members.map((member) => (
            <li key={member.user_id} className={css.bar}>
              <span>
                {member.user_id} <span className={css.meta}>{roleName(member.role)}</span>
              </span>
              {member.user_id !== exam.created_by && (
                <ActionIcon
                  aria-label={t("settings.remove_person", { name: member.user_id })}
                  onClick={() => change.mutate(() => removeMember(exam.exam_id, member.user_id))}
                >
                  <RemoveIcon size={18} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
        <form onSubmit={add} className={css.pair} data-form="member">
          <TextInput
            label={t("settings.person")}
            value={userId}
            maxLength={128}
            onChange={(event) => setUserId(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("settings.role")}
            value={role}
            onChange={(event) => setRole(event.currentTarget.value as MemberRole)}
            data={MEMBER_ROLES.map((item) => ({ value: item, label: t(`member_role.${item}`) }))}
          />
          <Button type="submit" variant="default" style={{ alignSelf: "end" }} loading={change.isPending}>
            {t("settings.add_person")}
          </Button>
        </form>
        {change.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, change.error)}
          </Notice>
        )}
      </div>
    </Panel>
  );
}

export default function SettingsPage() {
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  if (exam === undefined) return null;
  return (
    <div className={css.stack}>
      <Marking exam={exam} />
      <People exam={exam} />
    </div>
  );
}
