import { Button, FileButton, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Exam, examKey, importCsv, type Imported, type ImportMode } from "@/api/exams";
import { failureText } from "@/ui/failureText";
import { Actions, Notice, Panel } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import css from "./Exams.module.css";

function Preview({ exam, found }: { exam: Exam; found: Imported }) {
  const t = useText();
  return (
    <>
      {found.errors.length > 0 && (
        <section aria-labelledby="import-errors" className={css.stack}>
          <h3 id="import-errors">{t("import.errors", { count: found.errors.length })}</h3>
          <div className={css.scroll} tabIndex={0} role="group" aria-labelledby="import-errors">
            <table className={css.table}>
              <thead>
                <tr>
                  <th scope="col" data-number>
                    {t("import.row")}
                  </th>
                  <th scope="col">{t("import.column")}</th>
                  <th scope="col">{t("import.problem")}</th>
                </tr>
              </thead>
              <tbody>
                {found.errors.map((error, index) => (
                  <tr key={index}>
                    <td data-number>{error.row}</td>
                    <td>{error.field || "–"}</td>
                    <td>{error.message}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      {found.preview.length > 0 && (
        <section aria-labelledby="import-preview" className={css.stack}>
          <h3 id="import-preview">{t("import.preview", { count: found.preview.length })}</h3>
          <div className={css.scroll} tabIndex={0} role="group" aria-labelledby="import-preview">
            <table className={css.table} lang={LOCALES[exam.language]}>
              <thead>
                <tr>
                  <th scope="col">{t("submission.student")}</th>
                  {exam.questions.map((question) => (
                    <th key={question.question_id} scope="col">
                      {question.question_id}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {found.preview.map((row) => (
                  <tr key={row.student_id}>
                    <td>
                      {row.student_name || row.student_id}
                      {row.student_name !== "" && <div className={css.meta}>{row.student_id}</div>}
                    </td>
                    {exam.questions.map((question) => (
                      <td key={question.question_id}>
                        <div className={css.cell}>{row.answers[question.question_id] || "–"}</div>
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </>
  );
}

/** Looks at a file first, names every mistake by its row, and takes it in when it is told to. */
export function ImportPanel({ exam, onDone }: { exam: Exam; onDone: (stored: number) => void }) {
  const t = useText();
  const queries = useQueryClient();
  const [csv, setCsv] = useState("");
  const [fileName, setFileName] = useState("");
  const [unreadable, setUnreadable] = useState(false);
  const take = useMutation({
    mutationFn: ({ text, mode }: { text: string; mode: ImportMode }) => importCsv(exam.exam_id, text, mode),
    onSuccess: (found, { mode }) => {
      if (mode === "preview") return;
      void queries.invalidateQueries({ queryKey: examKey(exam.exam_id) });
      void queries.invalidateQueries({ queryKey: ["submissions", exam.exam_id] });
      onDone(found.stored);
    },
  });
  const look = (text: string, name: string) => {
    setCsv(text);
    setFileName(name);
    take.mutate({ text, mode: "preview" });
  };
  const read = (file: File | null) => {
    setUnreadable(false);
    file?.text().then(
      (text) => look(text, file.name),
      () => setUnreadable(true),
    );
  };
  const found = take.variables?.mode === "preview" ? take.data : undefined;
  const header = ["student_id", "student_name", "class_id", ...exam.questions.map((question) => question.question_id)].join(",");

  return (
    <Panel title={t("import.title")} hint={fileName}>
      <div className={css.stack}>
        <p>{t("import.text")}</p>
        <code className={css.scroll} style={{ padding: "0.6rem 0.9rem" }} tabIndex={0}>
          {header}
        </code>
        <div className={css.buttons}>
          <FileButton onChange={read} accept=".csv,text/csv,text/plain" inputProps={{ "aria-label": t("import.choose") }}>
            {(props) => <Button {...props}>{t("import.choose")}</Button>}
          </FileButton>
        </div>
        <details>
          <summary>{t("import.paste")}</summary>
          <div className={css.stack} style={{ marginTop: "0.75rem" }}>
            <Textarea
              aria-label={t("import.paste")}
              autosize
              minRows={4}
              maxRows={12}
              value={csv}
              onChange={(event) => setCsv(event.currentTarget.value)}
            />
            <div>
              <Button variant="default" disabled={csv.trim() === ""} onClick={() => look(csv, "")}>
                {t("import.check")}
              </Button>
            </div>
          </div>
        </details>
        {unreadable && (
          <Notice tone="danger" role="alert">
            {t("import.unreadable")}
          </Notice>
        )}
        {take.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, take.error)}
          </Notice>
        )}
        {found !== undefined && (
          <>
            <Notice tone={found.errors.length > 0 ? "warn" : "accent"} role="status">
              {t("import.found", { rows: found.rows, valid: found.valid })}
            </Notice>
            <Preview exam={exam} found={found} />
            <Actions>
              {found.valid > 0 && (
                <Button
                  loading={take.isPending}
                  onClick={() => take.mutate({ text: csv, mode: found.errors.length > 0 ? "valid" : "all" })}
                >
                  {found.errors.length > 0
                    ? t("import.take_valid", { count: found.valid })
                    : t("import.take_all", { count: found.valid })}
                </Button>
              )}
            </Actions>
          </>
        )}
      </div>
    </Panel>
  );
}
