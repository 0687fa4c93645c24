import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { endSession, listCompetencies } from "@/api/client";
import type { Session } from "@/api/types";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { loadDialogue, useConversation, useDialogue } from "@/connection/dialogue";
import { DialogueProvider } from "@/connection/DialogueProvider";
import { Failure } from "@/ui/Failure";
import { failureText } from "@/ui/failureText";
import { BackIcon } from "@/ui/icons";
import { Badge, Confirm, Facts, Loading, Notice, Page, PageHead, Panel } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import css from "./DetailPage.module.css";
import { Invitations } from "./Invitations";
import { LiveTranscript } from "./LiveTranscript";
import { endReasonKey, isOver, nameOf, STATUS_TONES, statusKey } from "./words";

const REPORT_EVERY_MS = 3_000;

function useCompetencyNames(session: Session): string {
  const t = useText();
  const competencies = useQuery({
    queryKey: ["competencies", session.language],
    queryFn: ({ signal }) => listCompetencies(session.language, signal),
    staleTime: Infinity,
  });
  const names = new Map(competencies.data?.items.map((item) => [item.competency, item.name]));
  return session.competencies.map((id) => names.get(id) ?? id).join(", ") || t("detail.competencies_auto");
}

function ReportNotice({ session }: { session: Session }) {
  const t = useText();
  if (session.report === "ready") {
    return (
      <Notice
        tone="accent"
        action={
          <Button component={Link} to={`/interviews/${encodeURIComponent(session.session_id)}/report`} size="sm">
            {t("interviews.open_report")}
          </Button>
        }
      >
        {t("detail.report_ready")}
      </Notice>
    );
  }
  if (session.report === "pending") {
    return (
      <Notice tone="accent" role="status">
        {t("detail.report_pending")}
      </Notice>
    );
  }
  if (session.report === "failed") {
    return (
      <Notice tone="danger" role="alert">
        {t("detail.report_failed")}
      </Notice>
    );
  }
  return null;
}

function Context({ session }: { session: Session }) {
  const t = useText();
  const format = useFormat();
  const competencies = useCompetencyNames(session);
  const reason = endReasonKey(session.end_reason);
  return (
    <Panel title={t("detail.about")}>
      <Facts
        items={[
          { name: t("new.role"), value: session.role || "–" },
          { name: t("new.language"), value: t(`language.${session.language}`) },
          { name: t("new.style"), value: t(`style.${session.interview_style}`) },
          { name: t("new.length"), value: t("plan.minutes", { count: session.duration_minutes }) },
          { name: t("detail.created"), value: format.dateTime(session.created_at) },
          ...(session.started_at === null
            ? []
            : [{ name: t("detail.started"), value: format.dateTime(session.started_at) }]),
          ...(session.ended_at === null ? [] : [{ name: t("detail.ended"), value: format.dateTime(session.ended_at) }]),
          ...(reason === null ? [] : [{ name: t("detail.end_reason"), value: t(reason) }]),
          { name: t("new.visibility"), value: t(`visibility.${session.evaluation_visibility}`) },
        ]}
      />
      <div style={{ marginTop: "1rem" }}>
        <Facts items={[{ name: t("new.competencies"), value: <span lang={LOCALES[session.language]}>{competencies}</span> }]} />
      </div>
      {session.job_description !== "" && (
        <details className={css.details}>
          <summary>{t("new.job_description")}</summary>
          <p>{session.job_description}</p>
        </details>
      )}
      {session.resume !== "" && (
        <details className={css.details}>
          <summary>{t("new.resume")}</summary>
          <p>{session.resume}</p>
        </details>
      )}
    </Panel>
  );
}

function Detail({ session, onChanged }: { session: Session; onChanged: () => void }) {
  const t = useText();
  const { connection, retry } = useDialogue();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const ended = useConversation((conversation) => conversation.ended);
  const told = useConversation((conversation) => conversation.status);
  const answered = useConversation((conversation) => conversation.answered);
  const elapsed = useConversation((conversation) => conversation.clock.elapsed_s);
  const over = isOver(session) || ended !== null;
  const status = over && !isOver(session) ? "ended" : session.status === "scheduled" && told === "live" ? "live" : session.status;

  useEffect(() => {
    if (ended !== null) onChanged();
  }, [ended, onChanged]);

  const end = useMutation({
    mutationFn: () => endSession("staff", session.session_id),
    onSuccess: () => {
      setAsking(false);
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      onChanged();
    },
  });

  return (
    <Page>
      <PageHead
        title={nameOf(session)}
        aside={<Badge tone={STATUS_TONES[status]}>{t(statusKey(status))}</Badge>}
        text={session.role}
        back={
          <Link to="/interviews" style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}>
            <BackIcon size={16} />
            {t("interviews.title")}
          </Link>
        }
        actions={
          over ? undefined : (
            <Button variant="default" onClick={() => setAsking(true)}>
              {t("detail.end")}
            </Button>
          )
        }
      />
      <div className={css.columns}>
        <Panel
          title={t("detail.transcript")}
          hint={over ? undefined : <ConnectionStatus state={connection} onRetry={retry} />}
        >
          <LiveTranscript session={session} />
        </Panel>
        <div className={css.side}>
          <ReportNotice session={session} />
          <Panel title={t("detail.so_far")}>
            <Facts
              items={[
                { name: t("detail.answers"), value: Math.max(answered, session.answered) },
                { name: t("detail.time_used"), value: clockText(Math.max(elapsed, session.elapsed_s)) },
                ...(over
                  ? []
                  : [{ name: t("detail.candidate"), value: session.connected ? t("detail.present") : t("detail.absent") }]),
              ]}
            />
          </Panel>
          <Context session={session} />
          <Panel title={t("invitations.title")}>
            <Invitations session={session} />
          </Panel>
        </div>
      </div>
      <Confirm
        opened={asking}
        title={t("detail.end_title")}
        confirm={t("detail.end")}
        dangerous
        busy={end.isPending}
        error={end.isError ? failureText(t, end.error) : undefined}
        onClose={() => setAsking(false)}
        onConfirm={() => end.mutate()}
      >
        <p>{t("detail.end_text")}</p>
      </Confirm>
    </Page>
  );
}

export default function DetailPage() {
  const { id } = useParams({ from: "/staff/interviews/$id" });
  const dialogue = useQuery({
    queryKey: ["sessions", id, "dialogue"],
    queryFn: ({ signal }) => loadDialogue("staff", id, signal),
    refetchInterval: (query) => {
      const session = query.state.data?.session;
      if (session === undefined) return false;
      // While the report is being made it is asked for; while the interview runs, presence is.
      if (session.report === "pending") return REPORT_EVERY_MS;
      return isOver(session) ? false : REPORT_EVERY_MS * 5;
    },
  });
  if (dialogue.isPending) {
    return (
      <Page>
        <Loading />
      </Page>
    );
  }
  if (dialogue.isError && dialogue.data === undefined) {
    return (
      <Page>
        <Failure error={dialogue.error} onRetry={() => void dialogue.refetch()} heading="h1" />
      </Page>
    );
  }
  const { session, messages } = dialogue.data;
  return (
    <DialogueProvider key={id} place="staff" session={session} messages={messages}>
      <Detail session={session} onChanged={() => void dialogue.refetch()} />
    </DialogueProvider>
  );
}
