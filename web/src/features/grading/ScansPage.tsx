import { Button, Progress } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Exam, examKey, mayTeach, showExam } from "@/api/exams";
import { dropScan, listScans, type Scan, scansKey, type ScanStatus } from "@/api/scans";
import { BackLink } from "@/ui/BackLink";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { Badge, Loading, Notice, State, type Tone } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { Legibility, Readings } from "./Readings";
import css from "./Scans.module.css";
import { ScanUpload } from "./ScanUpload";

const LOOK_EVERY_MS = 1_000;
const POOR_PAGE = 0.6;
const TONES: Record<ScanStatus, Tone> = { waiting: "plain", reading: "live", read: "done", failed: "danger" };
const isUnderWay = (scan: Scan) => scan.status === "waiting" || scan.status === "reading";

/** What is the matter with single pages, each in a sentence. */
function PageTroubles({ scan }: { scan: Scan }) {
  const t = useText();
  const format = useFormat();
  const poor = scan.pages.flatMap((quality, index) => (quality < POOR_PAGE ? [{ page: index + 1, quality }] : []));
  if (scan.missing_pages.length + poor.length === 0) return null;
  return (
    <ul className={css.troubles}>
      {scan.missing_pages.map((page) => (
        <li key={`missing-${page}`}>{t("scans.missing_page", { page })}</li>
      ))}
      {poor.map(({ page, quality }) => (
        <li key={page}>{t("scans.poor_page", { page, quality: format.percent(quality) })}</li>
      ))}
    </ul>
  );
}

function Row({ exam, scan }: { exam: Exam; scan: Scan }) {
  const t = useText();
  const queries = useQueryClient();
  const [shown, setShown] = useState(false);
  const student = scan.student_name || scan.student_id;
  const remove = useMutation({
    mutationFn: () => dropScan(exam.exam_id, scan.scan_id),
    onSuccess: () => void queries.invalidateQueries({ queryKey: scansKey(exam.exam_id) }),
  });
  return (
    <li className={css.scanRow} data-scan={scan.status}>
      <div className={css.bar}>
        <div>
          <h3>{student}</h3>
          {scan.file_name !== "" && <span className={css.meta}>{scan.file_name}</span>}
        </div>
        <div className={css.badges}>
          {scan.overall_quality !== null && <Legibility exam={exam} quality={scan.overall_quality} />}
          <Badge tone={TONES[scan.status]}>{t(`scan_status.${scan.status}`)}</Badge>
        </div>
      </div>
      {scan.status === "reading" && (
        <div className={css.stackTight}>
          <span className={css.meta}>{t("scans.progress", { done: scan.answers_read, total: scan.answers })}</span>
          <Progress
            value={scan.answers === 0 ? 0 : (scan.answers_read / scan.answers) * 100}
            aria-label={t("scans.reading_of", { student })}
          />
        </div>
      )}
      {scan.poor > 0 && <p className={css.warn}>{t("scans.poor", { count: scan.poor })}</p>}
      <PageTroubles scan={scan} />
      {scan.error !== null && (
        <Notice tone="danger">{scan.error.message}</Notice>
      )}
      {remove.isError && (
        <Notice tone="danger" role="alert">
          {failureText(t, remove.error)}
        </Notice>
      )}
      <div className={css.badges}>
        {scan.status === "read" && (
          <Button
            size="compact-sm"
            variant="default"
            aria-expanded={shown}
            aria-label={t(shown ? "scans.hide_named" : "scans.show_named", { student })}
            onClick={() => setShown(!shown)}
          >
            {t(shown ? "scans.hide" : "scans.show")}
          </Button>
        )}
        {(scan.status === "failed" || scan.status === "waiting") && mayTeach(exam.my_role) && (
          <Button
            size="compact-sm"
            variant="default"
            loading={remove.isPending}
            aria-label={t("scans.remove_named", { file: scan.file_name || student })}
            onClick={() => remove.mutate()}
          >
            {t("scans.remove")}
          </Button>
        )}
      </div>
      {shown && <Readings exam={exam} submissionId={scan.scan_id} />}
    </li>
  );
}

/** Files of an exam's sheets: handed in here, and what was read of each. */
export default function ScansPage() {
  const t = useText();
  const queries = useQueryClient();
  const { id } = useParams({ from: "/staff/exams/$id/scans" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  const list = useInfiniteQuery({
    queryKey: scansKey(id),
    queryFn: ({ pageParam, signal }) => listScans(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isUnderWay)) === true ? LOOK_EVERY_MS : false,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const read = items.filter((scan) => scan.status === "read").length;
  useEffect(() => {
    if (read === 0) return;
    void queries.invalidateQueries({ queryKey: examKey(id) });
    void queries.invalidateQueries({ queryKey: ["submissions", id] });
  }, [queries, id, read]);
  if (exam === undefined) return null;
  const unplaced = exam.questions.filter((question) => question.place === null).length;
  const mayHandIn = mayTeach(exam.my_role);
  const toPlaces = (
    <Link to="/exams/$id/sheet" params={{ id }}>
      {t("sheet.title")}
    </Link>
  );
  return (
    <section className={css.stack} aria-labelledby="scans">
      <span className={css.meta}>
        <BackLink to="/exams/$id/submissions" params={{ id }}>
          {t("exam.submissions")}
        </BackLink>
      </span>
      <div className={css.bar}>
        <h2 id="scans">{t("scans.title")}</h2>
        {mayHandIn && exam.questions.length > 0 && toPlaces}
      </div>
      {exam.questions.length === 0 && <Notice>{t("submissions.no_questions")}</Notice>}
      {mayHandIn && unplaced > 0 && (
        <Notice tone="warn" action={toPlaces}>
          {t("scans.unplaced", { count: unplaced })}
        </Notice>
      )}
      {mayHandIn && exam.questions.length > 0 && unplaced === 0 && (
        <ScanUpload exam={exam} onStored={() => void queries.invalidateQueries({ queryKey: scansKey(id) })} />
      )}
      {list.isPending && <Loading />}
      {list.isError && items.length === 0 && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <State title={t("scans.empty")}>{t("scans.empty_text")}</State>}
      {items.length > 0 && (
        <ul className={css.list}>
          {items.map((scan) => (
            <Row key={scan.scan_id} exam={exam} scan={scan} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className={css.more}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("grading.more")}
          </Button>
        </div>
      )}
    </section>
  );
}
