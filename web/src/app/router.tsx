import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { credentialsOf } from "@/api/credentials";
import { Failure } from "@/ui/Failure";
import { Page, State } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { PlainShell, StaffShell } from "./Shell";
import { startOf } from "./places";

function NotFound() {
  const t = useText();
  return (
    <PlainShell>
      <Page>
        <State heading="h1" title={t("state.not_found")} actions={<Link to="/">{t("state.not_found_home")}</Link>}>
          {t("state.not_found_text")}
        </State>
      </Page>
    </PlainShell>
  );
}

function Broken({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Page>
      <Failure error={error} onRetry={reset} heading="h1" />
    </Page>
  );
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken });

const plain = createRoute({ getParentRoute: () => root, id: "plain", component: PlainShell });

const staff = createRoute({
  getParentRoute: () => root,
  id: "staff",
  component: StaffShell,
  beforeLoad: ({ location }) => {
    if (credentialsOf("staff") === null) throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
});

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Only paths of this app: an address from outside must not be able to send people elsewhere. */
const ownPath = (value: unknown): string | undefined => {
  const path = text(value);
  return path?.startsWith("/") && !path.startsWith("//") && !path.includes("\\") ? path : undefined;
};

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: startOf(credentialsOf("staff")?.user.role) });
  },
});

export const signInRoute = createRoute({
  getParentRoute: () => plain,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { link?: string; next?: string } => {
    const link = text(search["link"]);
    const next = ownPath(search["next"]);
    return { ...(link === undefined ? {} : { link }), ...(next === undefined ? {} : { next }) };
  },
  component: lazyRouteComponent(() => import("@/features/auth/SignInPage")),
});

const interviews = createRoute({
  getParentRoute: () => staff,
  path: "/interviews",
  validateSearch: (search: Record<string, unknown>): { q?: string; status?: string } => {
    const q = text(search["q"]);
    const status = text(search["status"]);
    return { ...(q === undefined ? {} : { q }), ...(status === undefined ? {} : { status }) };
  },
  component: lazyRouteComponent(() => import("@/features/interviews/ListPage")),
});

const newInterview = createRoute({
  getParentRoute: () => staff,
  path: "/interviews/new",
  component: lazyRouteComponent(() => import("@/features/interviews/NewPage")),
});

const detail = createRoute({
  getParentRoute: () => staff,
  path: "/interviews/$id",
  component: lazyRouteComponent(() => import("@/features/interviews/DetailPage")),
});

const invite = createRoute({
  getParentRoute: () => staff,
  path: "/interviews/$id/invite",
  component: lazyRouteComponent(() => import("@/features/interviews/InvitePage")),
});

const report = createRoute({
  getParentRoute: () => staff,
  path: "/interviews/$id/report",
  component: lazyRouteComponent(() => import("@/features/reports/ReportPage")),
});

const invitation = createRoute({
  getParentRoute: () => plain,
  path: "/i/$token",
  component: lazyRouteComponent(() => import("@/features/interview/AcceptPage")),
});

const interview = createRoute({
  getParentRoute: () => plain,
  path: "/interview/$id",
  component: lazyRouteComponent(() => import("@/features/interview/InterviewPage")),
});

const newRoom = createRoute({
  getParentRoute: () => staff,
  path: "/rooms/new",
  component: lazyRouteComponent(() => import("@/features/room/NewRoomPage")),
});

const roomDetail = createRoute({
  getParentRoute: () => staff,
  path: "/rooms/$id",
  component: lazyRouteComponent(() => import("@/features/room/RoomDetailPage")),
});

const staffRoom = createRoute({
  getParentRoute: () => staff,
  path: "/rooms/$id/live",
  component: lazyRouteComponent(() => import("@/features/room/StaffRoomPage")),
});

const guestRoom = createRoute({
  getParentRoute: () => plain,
  path: "/room/$id",
  component: lazyRouteComponent(() => import("@/features/room/GuestRoomPage")),
});

const newPanel = createRoute({
  getParentRoute: () => staff,
  path: "/panels/new",
  component: lazyRouteComponent(() => import("@/features/panel/NewPanelPage")),
});

const staffPanel = createRoute({
  getParentRoute: () => staff,
  path: "/panels/$id",
  component: lazyRouteComponent(() => import("@/features/panel/StaffPanelPage")),
});

const panelReport = createRoute({
  getParentRoute: () => staff,
  path: "/panels/$id/report",
  component: lazyRouteComponent(() => import("@/features/panel/PanelReportPage")),
});

const guestPanel = createRoute({
  getParentRoute: () => plain,
  path: "/panel/$id",
  component: lazyRouteComponent(() => import("@/features/panel/GuestPanelPage")),
});

const rubrics = createRoute({
  getParentRoute: () => staff,
  path: "/rubrics",
  component: lazyRouteComponent(() => import("@/features/panel/RubricsPage")),
});

const newRubric = createRoute({
  getParentRoute: () => staff,
  path: "/rubrics/new",
  component: lazyRouteComponent(() => import("@/features/panel/RubricPage"), "NewRubricPage"),
});

const rubric = createRoute({
  getParentRoute: () => staff,
  path: "/rubrics/$id",
  component: lazyRouteComponent(() => import("@/features/panel/RubricPage")),
});

const exams = createRoute({
  getParentRoute: () => staff,
  path: "/exams",
  component: lazyRouteComponent(() => import("@/features/exams/ListPage")),
});

const newExam = createRoute({
  getParentRoute: () => staff,
  path: "/exams/new",
  component: lazyRouteComponent(() => import("@/features/exams/NewExamPage")),
});

const exam = createRoute({
  getParentRoute: () => staff,
  path: "/exams/$id",
  component: lazyRouteComponent(() => import("@/features/exams/ExamFrame")),
});

const examQuestions = createRoute({
  getParentRoute: () => exam,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/exams/QuestionsPage")),
});

const examSubmissions = createRoute({
  getParentRoute: () => exam,
  path: "/submissions",
  component: lazyRouteComponent(() => import("@/features/exams/SubmissionsPage")),
});

const examSubmission = createRoute({
  getParentRoute: () => exam,
  path: "/submissions/$submission",
  component: lazyRouteComponent(() => import("@/features/grading/SubmissionPage")),
});

const examScans = createRoute({
  getParentRoute: () => exam,
  path: "/scans",
  component: lazyRouteComponent(() => import("@/features/grading/ScansPage")),
});

const examSheet = createRoute({
  getParentRoute: () => exam,
  path: "/sheet",
  component: lazyRouteComponent(() => import("@/features/grading/SheetPage")),
});

const examBatches = createRoute({
  getParentRoute: () => exam,
  path: "/batches",
  component: lazyRouteComponent(() => import("@/features/grading/BatchesPage")),
});

const examBatch = createRoute({
  getParentRoute: () => exam,
  path: "/batches/$batch",
  component: lazyRouteComponent(() => import("@/features/grading/BatchPage")),
});

const examMarking = createRoute({
  getParentRoute: () => exam,
  path: "/marking",
  component: lazyRouteComponent(() => import("@/features/grading/MarkingPage")),
});

const examModeration = createRoute({
  getParentRoute: () => exam,
  path: "/moderation",
  component: lazyRouteComponent(() => import("@/features/grading/ModerationPage")),
});

const examQuality = createRoute({
  getParentRoute: () => exam,
  path: "/quality",
  component: lazyRouteComponent(() => import("@/features/grading/QualityPage")),
});

const examAppeals = createRoute({
  getParentRoute: () => exam,
  path: "/appeals",
  component: lazyRouteComponent(() => import("@/features/grading/AppealsPage")),
});

const examResults = createRoute({
  getParentRoute: () => exam,
  path: "/results",
  component: lazyRouteComponent(() => import("@/features/results/ResultsPage")),
});

const examSettings = createRoute({
  getParentRoute: () => exam,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/exams/SettingsPage")),
});

const myResults = createRoute({
  getParentRoute: () => staff,
  path: "/results",
  component: lazyRouteComponent(() => import("@/features/results/MyResultsPage")),
});

const myResult = createRoute({
  getParentRoute: () => staff,
  path: "/results/$id",
  component: lazyRouteComponent(() => import("@/features/results/MyResultPage")),
});

const examPages = exam.addChildren([
  examQuestions,
  examSubmissions,
  examSubmission,
  examScans,
  examSheet,
  examBatches,
  examBatch,
  examMarking,
  examModeration,
  examQuality,
  examAppeals,
  examResults,
  examSettings,
]);

const tree = root.addChildren([
  home,
  plain.addChildren([signInRoute, invitation, interview, guestRoom, guestPanel]),
  staff.addChildren([interviews, newInterview, detail, invite, report, newRoom, roomDetail, staffRoom, exams, newExam, examPages, myResults, myResult, newPanel, staffPanel, panelReport, rubrics, newRubric, rubric]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
