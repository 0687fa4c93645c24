import { ActionIcon, Button, FileButton, Progress, TextInput } from "@mantine/core";
import { type DragEvent, useState } from "react";
import type { Exam } from "@/api/exams";
import { handInScan } from "@/api/scans";
import { newId } from "@/protocol/ids";
import { failureText } from "@/ui/failureText";
import { RemoveIcon, UpIcon } from "@/ui/icons";
import { Notice, Panel } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { problemOf, SCAN_KINDS, type StagedFile, studentOf } from "./scanFiles";
import css from "./Scans.module.css";

interface RowProps {
  entry: StagedFile;
  problem: string | undefined;
  onStudent: (studentId: string) => void;
  onRemove: () => void;
}

function Row({ entry, problem, onStudent, onRemove }: RowProps) {
  const t = useText();
  const format = useFormat();
  const { name } = entry.file;
  return (
    <li className={css.staged} data-file={name}>
      <span className={css.fileName}>{name}</span>
      <TextInput
        label={t("scans.student")}
        aria-label={t("scans.student_of", { file: name })}
        value={entry.studentId}
        maxLength={128}
        disabled={entry.sent !== null}
        error={problem}
        onChange={(event) => onStudent(event.currentTarget.value)}
      />
      <ActionIcon aria-label={t("scans.remove_named", { file: name })} disabled={entry.sent !== null} onClick={onRemove}>
        <RemoveIcon size={18} />
      </ActionIcon>
      {entry.sent !== null && (
        <div className={css.whole}>
          <span className={css.meta}>{t("scans.uploading", { share: format.percent(entry.sent) })}</span>
          <Progress value={entry.sent * 100} aria-label={t("scans.upload_of", { file: name })} />
        </div>
      )}
      {entry.error !== null && (
        <div className={css.whole}>
          <Notice tone="danger" role="alert">
            {failureText(t, entry.error)}
          </Notice>
        </div>
      )}
    </li>
  );
}

/** Takes files by drag and drop or a button, says whose each is, and hands them in one after the other. */
export function ScanUpload({ exam, onStored }: { exam: Exam; onStored: () => void }) {
  const t = useText();
  const [files, setFiles] = useState<readonly StagedFile[]>([]);
  const [over, setOver] = useState(false);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [stored, setStored] = useState(0);

  const add = (chosen: readonly File[]) => {
    setTried(false);
    setFiles((before) => [
      ...before,
      ...chosen.map((file) => ({ key: newId(), file, studentId: studentOf(file.name), sent: null, error: null })),
    ]);
  };
  const change = (key: string, part: Partial<StagedFile>) =>
    setFiles((before) => before.map((entry) => (entry.key === key ? { ...entry, ...part } : entry)));
  const remove = (key: string) => setFiles((before) => before.filter((entry) => entry.key !== key));

  const send = async () => {
    setTried(true);
    setBusy(true);
    for (const entry of files) {
      if (problemOf(entry, files) !== null) continue;
      change(entry.key, { sent: 0, error: null });
      try {
        await handInScan(exam.exam_id, entry.file, entry.studentId.trim(), entry.key, (sent) => change(entry.key, { sent }));
        remove(entry.key);
        setStored((count) => count + 1);
        onStored();
      } catch (error) {
        change(entry.key, { sent: null, error });
      }
    }
    setBusy(false);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    add([...event.dataTransfer.files]);
  };
  const problemText = (entry: StagedFile) => {
    const problem = problemOf(entry, files);
    const atOnce = problem === "heic" || problem === "too_large";
    return problem !== null && (tried || atOnce) ? t(`scan_problem.${problem}`) : undefined;
  };

  return (
    <Panel title={t("scans.hand_in")}>
      <div className={css.stack}>
        <div
          className={css.zone}
          data-over={over}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={drop}
        >
          <UpIcon size={24} />
          <p>{t("scans.drop")}</p>
          <FileButton multiple onChange={add} accept={SCAN_KINDS} inputProps={{ "aria-label": t("scans.choose") }}>
            {(props) => (
              <Button variant={files.length > 0 ? "default" : "filled"} {...props}>
                {t("scans.choose")}
              </Button>
            )}
          </FileButton>
          <p className={css.meta}>{t("scans.kinds")}</p>
        </div>
        {files.length > 0 && (
          <>
            <ul className={css.files}>
              {files.map((entry) => (
                <Row
                  key={entry.key}
                  entry={entry}
                  problem={problemText(entry)}
                  onStudent={(studentId) => change(entry.key, { studentId, error: null })}
                  onRemove={() => remove(entry.key)}
                />
              ))}
            </ul>
            <div>
              <Button loading={busy} onClick={() => void send()}>
                {t("scans.send", { count: files.length })}
              </Button>
            </div>
          </>
        )}
        <div role="status">
          {stored > 0 && <Notice tone="accent">{t("scans.stored", { count: stored })}</Notice>}
        </div>
      </div>
    </Panel>
  );
}
