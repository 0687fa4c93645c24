import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { listSessions } from "@/api/client";
import { type Session, STATUSES } from "@/api/types";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { ArrowIcon, PlusIcon, SearchIcon } from "@/ui/icons";
import { Badge, Loading, Notice, Page, PageHead, State } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import css from "./ListPage.module.css";
import { nameOf, pageOf, STATUS_TONES, statusKey } from "./words";

const TYPING_PAUSE_MS = 300;
const LIVE_EVERY_MS = 15_000;

function useFilter() {
  const { q = "", status = "" } = useSearch({ from: "/staff/interviews" });
  const navigate = useNavigate({ from: "/interviews" });
  const [typed, setTyped] = useState(q);

  useEffect(() => {
    if (typed.trim() === q) return undefined;
    const timer = setTimeout(() => {
      const search = typed.trim();
      void navigate({
        search: ({ q: _, ...rest }) => (search === "" ? rest : { ...rest, q: search }),
        replace: true,
      });
    }, TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, q, navigate]);

  const setStatus = (next: string) =>
    void navigate({ search: ({ status: _, ...rest }) => (next === "" ? rest : { ...rest, status: next }), replace: true });
  const clear = () => {
    setTyped("");
    void navigate({ search: {}, replace: true });
  };
  return { q, status, typed, setTyped, setStatus, clear };
}

function ReportCell({ session }: { session: Session }) {
  const t = useText();
  if (session.report === "ready") {
    return (
      <Link to={session.kind === "panel" ? "/panels/$id/report" : "/interviews/$id/report"} params={{ id: session.session_id }} className={css.report}>
        {t("interviews.open_report")}
        <ArrowIcon size={14} />
      </Link>
    );
  }
  if (session.report === "none") return <span />;
  return (
    <span className={css.report}>
      <span>{t(`report_state.${session.report}`)}</span>
    </span>
  );
}

function Row({ session }: { session: Session }) {
  const t = useText();
  const format = useFormat();
  return (
    <li className={css.row}>
      <div>
        <Link to={pageOf(session)} params={{ id: session.session_id }} className={css.name}>
          {nameOf(session)}
        </Link>
        <div className={css.meta}>
          {[session.kind === "dialogue" ? session.role : t(session.kind === "panel" ? "kind.panel" : "kind.room"), t(`language.${session.language}`)].filter(Boolean).join(" · ")}
        </div>
      </div>
      <div>
        <Badge tone={STATUS_TONES[session.status]}>{t(statusKey(session.status))}</Badge>
      </div>
      <div className={css.progress}>
        {session.started_at === null
          ? t("interviews.created_on", { date: format.date(session.created_at) })
          : session.kind !== "dialogue"
            ? t("interviews.answers", { count: session.answered })
            : t("interviews.progress", {
                answers: t("interviews.answers", { count: session.answered }),
                minutes: Math.round(session.elapsed_s / 60),
                total: session.duration_minutes,
              })}
      </div>
      <ReportCell session={session} />
    </li>
  );
}

export default function ListPage() {
  const t = useText();
  const filter = useFilter();
  const filtered = filter.q !== "" || filter.status !== "";
  const sessions = useInfiniteQuery({
    queryKey: ["sessions", { q: filter.q, status: filter.status }],
    queryFn: ({ pageParam, signal }) => listSessions({ q: filter.q, status: filter.status }, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((item) => item.status === "live" || item.report === "pending"))
        ? LIVE_EVERY_MS
        : false,
    placeholderData: (before) => before,
  });
  const items = sessions.data?.pages.flatMap((page) => page.items) ?? [];

  const create = (
    <>
      <Button component={Link} to="/panels/new" variant="default" leftSection={<PlusIcon />}>
        {t("new_panel.open")}
      </Button>
      <Button component={Link} to="/rooms/new" variant="default" leftSection={<PlusIcon />}>
        {t("new_room.open")}
      </Button>
      <Button component={Link} to="/interviews/new" leftSection={<PlusIcon />}>
        {t("interviews.new")}
      </Button>
    </>
  );

  return (
    <Page>
      <PageHead title={t("interviews.title")} text={t("interviews.lead")} actions={create} />
      <div className={css.filters} role="search">
        <TextInput
          className={css.search}
          aria-label={t("interviews.search")}
          placeholder={t("interviews.search")}
          type="search"
          leftSection={<SearchIcon />}
          value={filter.typed}
          onChange={(event) => filter.setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          className={css.status}
          aria-label={t("interviews.status_filter")}
          value={filter.status}
          onChange={(event) => filter.setStatus(event.currentTarget.value)}
          data={[
            { value: "", label: t("interviews.status_all") },
            ...STATUSES.map((status) => ({ value: status, label: t(statusKey(status)) })),
          ]}
        />
      </div>
      {sessions.isPending && <Loading />}
      {sessions.isError && items.length === 0 && (
        <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.isError && items.length > 0 && (
        <div style={{ marginBottom: "1rem" }}>
          <Notice tone="warn" role="status">
            {t("interviews.stale")} {failureText(t, sessions.error)}
          </Notice>
        </div>
      )}
      {sessions.isSuccess && items.length === 0 && !filtered && (
        <State title={t("interviews.empty")} actions={create}>
          {t("interviews.empty_text")}
        </State>
      )}
      {sessions.isSuccess && items.length === 0 && filtered && (
        <State
          title={t("interviews.none_found")}
          actions={
            <Button variant="default" onClick={filter.clear}>
              {t("interviews.clear_filter")}
            </Button>
          }
        >
          {t("interviews.none_found_text")}
        </State>
      )}
      {items.length > 0 && (
        <ul className={css.list} aria-label={t("interviews.title")}>
          {items.map((session) => (
            <Row key={session.session_id} session={session} />
          ))}
        </ul>
      )}
      {items.length > 0 && (
        <div className={css.more}>
          <span className={css.meta} role="status">
            {t("interviews.shown", { count: items.length })}
          </span>
          {sessions.hasNextPage && (
            <Button variant="default" loading={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>
              {t("interviews.more")}
            </Button>
          )}
        </div>
      )}
    </Page>
  );
}
