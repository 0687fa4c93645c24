import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type Exam, examKey, mayDecide, showExam, showSubmission, type StaffResponse } from "@/api/exams";
import { pictureOf } from "@/api/scans";
import { BackLink } from "@/ui/BackLink";
import { Failure } from "@/ui/Failure";
import { MarkedText } from "@/ui/MarkedText";
import { Badge, Facts, Loading } from "@/ui/primitives";
import { LOCALES, useFormat, useText } from "@/ui/text";
import { DecisionForm } from "./DecisionForm";
import css from "./Grading.module.css";
import { Marks } from "./Marks";
import { Legibility } from "./Readings";
import { Scan } from "./Scan";
import { digitsOf } from "@/ui/points";


const STATUSES = ["ungraded", "to_mark", "to_check", "to_second", "to_moderate", "marked", "erased"] as const;

function Response({ exam, response, onChanged }: { exam: Exam; response: StaffResponse; onChanged: () => void }) {
  const t = useText();
  const format = useFormat();
  const [changing, setChanging] = useState(false);
  const question = exam.questions.find((item) => item.question_id === response.question_id);
  const status = STATUSES.find((item) => item === response.status) ?? "ungraded";
  const points = (value: number | null) => (value === null ? "–" : format.number(value, digitsOf(value)));
  return (
    <li className={css.appeal}>
      <div className={css.bar}>
        <h3 lang={LOCALES[exam.language]}>{response.question_text || response.question_id}</h3>
        <span className={css.buttons}>
          {response.quality !== null && <Legibility exam={exam} quality={response.quality} />}
          <Badge tone={status === "marked" ? "done" : "warn"}>{t(`response_status.${status}`)}</Badge>
          <b>
            {points(response.points)} / {points(response.max_points)}
          </b>
        </span>
      </div>
      {response.has_image && <Scan url={pictureOf(exam.exam_id, response.response_id)} />}
      <div className={css.answer}>
        {response.answer === "" ? (
          <p className={css.meta}>{t("marking.blank")}</p>
        ) : (
          <MarkedText text={response.answer} spans={response.evidence} lang={LOCALES[exam.language]} />
        )}
      </div>
      {response.marks.length > 0 && <Marks marks={response.marks} maximum={response.max_points} />}
      {mayDecide(exam.my_role) && question !== undefined && response.marks.length > 0 && (
        <>
          {changing ? (
            <DecisionForm
              examId={exam.exam_id}
              responseId={response.response_id}
              how="override"
              maximum={question.points}
              step={question.step}
              onDone={() => {
                setChanging(false);
                onChanged();
              }}
            />
          ) : (
            <div>
              <Button size="compact-sm" variant="default" onClick={() => setChanging(true)}>
                {t("decision.change")}
              </Button>
            </div>
          )}
        </>
      )}
    </li>
  );
}

/** A submission with everything that was marked in it. */
export default function SubmissionPage() {
  const t = useText();
  const format = useFormat();
  const queries = useQueryClient();
  const { id, submission: submissionId } = useParams({ from: "/staff/exams/$id/submissions/$submission" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const submission = useQuery({
    queryKey: ["submission", id, submissionId],
    queryFn: ({ signal }) => showSubmission(id, submissionId, signal),
  });
  if (exam === undefined) return null;
  return (
    <section className={css.stack} aria-labelledby="submission">
      <span className={css.meta}>
        <BackLink to="/exams/$id/submissions" params={{ id }}>
          {t("exam.submissions")}
        </BackLink>
      </span>
      {submission.isPending && <Loading />}
      {submission.isError && <Failure error={submission.error} onRetry={() => void submission.refetch()} />}
      {submission.data !== undefined && (
        <>
          <h2 id="submission">{submission.data.student_name || submission.data.student_id}</h2>
          <Facts
            items={[
              {
                name: t("submission.points"),
                value: `${format.number(submission.data.points, digitsOf(submission.data.points))} / ${format.number(submission.data.max_points, digitsOf(submission.data.max_points))}`,
              },
              { name: t("submission.marked"), value: `${submission.data.marked} / ${submission.data.responses.length}` },
              { name: t("submission.class"), value: submission.data.class_id || "–" },
              { name: t("submission.received"), value: format.dateTime(submission.data.created_at) },
            ]}
          />
          <ol className={css.stack} style={{ listStyle: "none" }}>
            {submission.data.responses.map((response) => (
              <Response
                key={response.response_id}
                exam={exam}
                response={response}
                onChanged={() => {
                  void submission.refetch();
                  void queries.invalidateQueries({ queryKey: examKey(id) });
                }}
              />
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
