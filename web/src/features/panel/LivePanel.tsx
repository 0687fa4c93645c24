import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { Place } from "@/api/credentials";
import type { PanelSession } from "@/api/panels";
import { ConnectionStatus } from "@/connection/ConnectionStatus";
import { usePanel, usePanelConnection, usePanelError } from "@/connection/panel";
import { Badge, Confirm, Loading, Notice, useTitle } from "@/ui/primitives";
import { type Pane, Panes } from "@/ui/Panes";
import { clockText, useText } from "@/ui/text";
import { Evaluations } from "./Evaluations";
import { Invite } from "./Invite";
import { Lanes } from "./Lanes";
import { Leave } from "./Leave";
import { Microphone } from "./Microphone";
import { Notes } from "./Notes";
import { OwnScorecards } from "./OwnScorecards";
import css from "./Panel.module.css";
import { SpeakerDialog } from "./SpeakerDialog";
import { Transcript } from "./Transcript";

const LEADERS = ["admin", "recruiter", "interviewer"];

function Clock() {
  const elapsed = usePanel((panel) => panel.elapsed);
  const over = usePanel((panel) => panel.over);
  const [now, setNow] = useState(() => Date.now());
  const running = !over && elapsed.seconds > 0;
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  const since = running ? Math.max(0, now - elapsed.at) / 1000 : 0;
  return <strong className={css.clock}>{clockText(elapsed.seconds + since)}</strong>;
}

function End() {
  const t = useText();
  const { ask, connection } = usePanelConnection();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    await ask("session_end");
    setBusy(false);
    setAsking(false);
  };
  return (
    <>
      <Button size="sm" variant="default" disabled={connection.name !== "connected"} onClick={() => setAsking(true)}>
        {t("panel.end")}
      </Button>
      <Confirm
        opened={asking}
        title={t("panel.end_title")}
        confirm={t("panel.end")}
        dangerous
        busy={busy}
        onClose={() => setAsking(false)}
        onConfirm={() => void end()}
      >
        <p>{t("panel.end_text")}</p>
      </Confirm>
    </>
  );
}

function Notices() {
  const t = useText();
  const { connection, dismissError } = usePanelConnection();
  const error = usePanelError();
  const lost = ["offline", "failed", "reconnecting"].includes(connection.name);
  return (
    <>
      {connection.name === "refused" && (
        <Notice tone="danger" role="alert">
          {t("interview.no_access_text")}
        </Notice>
      )}
      {lost && (
        <Notice tone="warn" role="status">
          {t(connection.name === "failed" ? "room.lost" : "panel.coming_back")}
        </Notice>
      )}
      {error !== null && (
        <Notice
          tone="danger"
          role="alert"
          action={
            <Button size="compact-sm" variant="default" onClick={dismissError}>
              {t("action.understood")}
            </Button>
          }
        >
          {error === "" ? t("room.unreachable") : error}
        </Notice>
      )}
    </>
  );
}

/** A panel interview while it goes on: for those who lead it, and, without the means to act, for the others. */
export function LivePanel({ session, place, onLeft }: { session: PanelSession; place: Place; onLeft: () => void }) {
  const t = useText();
  const { connection, retry } = usePanelConnection();
  const [speaker, setSpeaker] = useState<string | null>(null);
  const loaded = usePanel((panel) => panel.loaded);
  const over = usePanel((panel) => panel.over) || session.ended_at !== null;
  const utterances = usePanel((panel) => panel.utterances.length);
  const notes = usePanel((panel) => panel.notes.length);
  const title = session.title || session.role || t("panel.title");
  useTitle(title);
  const leads = LEADERS.includes(session.my_role);
  const acting = leads && !over;
  const answers = session.my_role === "candidate" && !over;
  const { language } = session;
  const onSpeaker = leads ? setSpeaker : null;

  const panes: Pane[] = [
    {
      id: "transcript",
      title: t("panel.transcript"),
      column: 0,
      count: utterances,
      content: <Transcript language={language} place={place} onSpeaker={onSpeaker} />,
    },
  ];
  if (leads) {
    panes.push(
      { id: "evaluations", title: t("panel.evaluations"), column: 1, content: <Evaluations language={language} acting={acting} /> },
      { id: "notes", title: t("panel.notes"), column: 2, count: notes, content: <Notes acting={acting} /> },
    );
    if (session.rubric) {
      const own = <OwnScorecards place={place} language={language} rubric={session.rubric} />;
      panes.push({ id: "own", title: t("panel.own"), column: 2, content: own });
    }
    if (acting && place === "staff") {
      panes.push({ id: "invite", title: t("panel.invite"), column: 2, content: <Invite id={session.session_id} /> });
    }
  }

  return (
    <div className={css.live}>
      <div className={css.head}>
        <h1>{title}</h1>
        <span role="status">
          <Badge tone={over ? "done" : utterances > 0 ? "live" : "plain"}>
            {t(over ? "panel.is_over" : utterances > 0 ? "panel.is_live" : "panel.is_ready")}
          </Badge>
        </span>
        <Clock />
        {!over && <ConnectionStatus state={connection} onRetry={retry} />}
        {(acting || answers) && (
          <div className={css.headEnd}>
            {acting ? <End /> : <Leave id={session.session_id} place={place} onLeft={onLeft} />}
          </div>
        )}
      </div>
      <div className={css.above}>
        <Notices />
        {over && (
          <Notice
            tone="accent"
            role="status"
            action={
              leads && place === "staff" ? (
                <Link to="/panels/$id/report" params={{ id: session.session_id }}>
                  {t("panel.to_report")}
                </Link>
              ) : undefined
            }
          >
            <b>{t("panel.was_ended")}</b> {leads && t("panel.was_ended_text")}
          </Notice>
        )}
        {(acting || answers) && (
          <Microphone place={place} agreed={session.consent?.["interview"] === true} alone={answers} />
        )}
        <Lanes onSpeaker={onSpeaker} />
      </div>
      {loaded || over ? <Panes panes={panes} /> : <div className={css.above}><Loading lines={3} /></div>}
      {leads && <SpeakerDialog speakerId={speaker} onClose={() => setSpeaker(null)} />}
    </div>
  );
}
