import { Link } from "@tanstack/react-router";
import type { RoomQuestion } from "@/api/rooms";
import type { Session } from "@/api/types";
import { useRoom } from "@/connection/room";
import { isOver, nameOf } from "@/protocol/roomState";
import { type Pane, Panes } from "@/ui/Panes";
import { Notice } from "@/ui/primitives";
import { useFormat, useText } from "@/ui/text";
import { Answers } from "./Answers";
import { Captions } from "./Captions";
import { Chat } from "./Chat";
import { Controls } from "./Controls";
import { CurrentQuestion } from "./CurrentQuestion";
import { HelpQueue } from "./Help";
import { Notes } from "./Notes";
import { Notices } from "./Notices";
import { People } from "./People";
import { Questions } from "./Questions";
import css from "./Room.module.css";
import { RoomHead } from "./RoomHead";

function EndedNotice({ session, inHouse }: { session: Session; inHouse: boolean }) {
  const t = useText();
  const format = useFormat();
  const room = useRoom((whole) => whole);
  if (!isOver(room.status)) return null;
  const { ending } = room;
  const at = ending?.at ?? null;
  const by = ending === null || ending.by === "" ? "" : nameOf(room, ending.by);
  const stopped = room.status === "stopped";
  return (
    <Notice
      tone={stopped ? "danger" : "accent"}
      role="status"
      action={
        inHouse ? (
          <Link to="/rooms/$id" params={{ id: session.session_id }}>
            {t("room.to_details")}
          </Link>
        ) : undefined
      }
    >
      <b>{t(stopped ? "room.was_stopped" : "room.was_ended")}</b>{" "}
      {by !== "" && at !== null && t("room.by_at", { name: by, time: format.time(new Date(at).toISOString()) })}
      {stopped && ending !== null && ending.reason !== "" && <p>{t("room.reason", { reason: ending.reason })}</p>}
    </Notice>
  );
}

export interface InterviewerRoomProps {
  session: Session;
  questions: readonly RoomQuestion[];
  /** False for those who only watch. */
  leads: boolean;
  /** Signed in, rather than here by a link. */
  inHouse: boolean;
}

/** The room for those who ask, and, without the means to act, for those who watch. */
export function InterviewerRoom({ session, questions, leads, inHouse }: InterviewerRoomProps) {
  const t = useText();
  const over = isOver(useRoom((room) => room.status));
  const answers = useRoom((room) => room.answers.length);
  const messages = useRoom((room) => room.chat.length);
  const present = useRoom((room) => room.participants.filter((person) => person.present).length);
  const { language } = session;
  const acting = leads && !over;

  const panes: Pane[] = [
    ...(leads
      ? [
          {
            id: "questions",
            title: t("room.questions"),
            column: 0,
            content: <Questions questions={questions} language={language} mayAsk={acting} />,
          },
        ]
      : []),
    { id: "answers", title: t("room.answers"), column: 1, count: answers, content: <Answers language={language} leads={leads} /> },
    { id: "captions", title: t("room.captions"), column: 1, content: <Captions language={language} /> },
    { id: "chat", title: t("room.chat"), column: 2, count: messages, content: <Chat mayWrite={acting} /> },
    {
      id: "people",
      title: t("room.people"),
      column: leads ? 0 : 2,
      hint: <span className={css.paneHint}>{t("room.present", { count: present })}</span>,
      content: <People />,
    },
    ...(leads ? [{ id: "notes", title: t("room.notes"), column: 2, content: <Notes /> }] : []),
  ];

  return (
    <div className={css.room}>
      <RoomHead title={session.title || t("room.title")} actions={acting ? <Controls /> : undefined} />
      <div className={css.above}>
        <EndedNotice session={session} inHouse={inHouse} />
        <Notices />
        <HelpQueue mayResolve={acting} />
        {!over && <CurrentQuestion language={language} none={t(leads ? "room.none_asked" : "room.none_yet")} />}
      </div>
      <Panes panes={panes} />
    </div>
  );
}
