import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Exam, showSubmission, type StaffResponse } from "@/api/exams";
import { pictureOf } from "@/api/scans";
import { Failure } from "@/ui/Failure";
import { Badge, Loading } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Scans.module.css";
import { Scan } from "./Scan";

/** How well an answer was read, and that a person looks at it where that is too little. */
export function Legibility({ exam, quality }: { exam: Exam; quality: number }) {
  const t = useText();
  const format = useFormat();
  return quality < exam.settings.least_quality ? (
    <Badge tone="warn">{t("scans.to_person", { quality: format.percent(quality) })}</Badge>
  ) : (
    <Badge tone="done">{t("scans.legible", { quality: format.percent(quality) })}</Badge>
  );
}

function Reading({ exam, response }: { exam: Exam; response: StaffResponse }) {
  const t = useText();
  return (
    <li className={css.reading} data-reading={response.question_id}>
      <div className={css.bar}>
        <h4 lang={LOCALES[exam.language]}>{response.question_text || response.question_id}</h4>
        {response.quality !== null && <Legibility exam={exam} quality={response.quality} />}
      </div>
      <div className={css.beside}>
        {response.has_image ? (
          <Scan url={pictureOf(exam.exam_id, response.response_id)} />
        ) : (
          <p className={css.meta}>{t("scans.no_picture")}</p>
        )}
        {response.answer === "" ? (
          <p className={css.meta}>{t("scans.nothing_read")}</p>
        ) : (
          <p className={css.text} lang={LOCALES[exam.language]}>
            {response.answer}
          </p>
        )}
      </div>
    </li>
  );
}

/** What was read of a sheet: each answer's picture beside its text. */
export function Readings({ exam, submissionId }: { exam: Exam; submissionId: string }) {
  const t = useText();
  const submission = useQuery({
    queryKey: ["submission", exam.exam_id, submissionId],
    queryFn: ({ signal }) => showSubmission(exam.exam_id, submissionId, signal),
  });
  if (submission.isPending) return <Loading lines={2} />;
  if (submission.isError) return <Failure error={submission.error} onRetry={() => void submission.refetch()} />;
  return (
    <div className={css.stack}>
      <ol className={css.readings}>
        {submission.data.responses.map((response) => (
          <Reading key={response.response_id} exam={exam} response={response} />
        ))}
      </ol>
      <div>
        <Link to="/exams/$id/submissions/$submission" params={{ id: exam.exam_id, submission: submissionId }}>
          {t("scans.open_submission")}
        </Link>
      </div>
    </div>
  );
}
