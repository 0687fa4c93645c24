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
    throw redirect({ to: "/interviews" });
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

const tree = root.addChildren([
  home,
  plain.addChildren([signInRoute, invitation, interview, guestRoom]),
  staff.addChildren([interviews, newInterview, detail, invite, report, newRoom, roomDetail, staffRoom]),
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
