import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { examKey, mayTeach, showExam } from "@/api/exams";
import { BackLink } from "@/ui/BackLink";
import { Failure } from "@/ui/Failure";
import { LinkTabs } from "@/ui/LinkTabs";
import { Badge, Loading, Page, PageHead } from "@/ui/primitives";
import { useText } from "@/ui/text";

/** What all pages of an exam have above them. The pages below find the exam loaded. */
export default function ExamFrame() {
  const t = useText();
  const { id } = useParams({ from: "/staff/exams/$id" });
  const exam = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  if (exam.isPending) {
    return (
      <Page>
        <Loading />
      </Page>
    );
  }
  if (exam.isError && exam.data === undefined) {
    return (
      <Page>
        <Failure error={exam.error} onRetry={() => void exam.refetch()} heading="h1" />
      </Page>
    );
  }
  const { data } = exam;
  const params = { id };
  const tabs = [
    { to: "/exams/$id", params, label: t("exam.questions"), exact: true },
    { to: "/exams/$id/submissions", params, label: t("exam.submissions"), also: ["/exams/$id/scans", "/exams/$id/sheet"] },
    { to: "/exams/$id/batches", params, label: t("exam.batches") },
    { to: "/exams/$id/marking", params, label: t("exam.marking"), count: data.waiting },
    { to: "/exams/$id/quality", params, label: t("exam.quality"), count: data.open_alerts },
    { to: "/exams/$id/appeals", params, label: t("exam.appeals"), count: data.appeals_open },
    { to: "/exams/$id/results", params, label: t("exam.results") },
    ...(mayTeach(data.my_role) ? [{ to: "/exams/$id/settings", params, label: t("exam.settings") } as const] : []),
  ] as const;
  return (
    <Page>
      <PageHead
        title={data.title}
        aside={data.released ? <Badge tone="done">{t("exams.released")}</Badge> : undefined}
        text={data.subject || undefined}
        back={<BackLink to="/exams">{t("exams.title")}</BackLink>}
      />
      <LinkTabs label={t("exam.parts")} tabs={tabs} />
      <Outlet />
    </Page>
  );
}
