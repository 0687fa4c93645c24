import type { Session } from "@/api/types";
import { useRoom, useRoomConnection } from "@/connection/room";
import { isOver } from "@/protocol/roomState";
import { type Pane, Panes } from "@/ui/Panes";
import { Notice } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { AnswerBox } from "./AnswerBox";
import { Captions } from "./Captions";
import { Chat } from "./Chat";
import { CurrentQuestion } from "./CurrentQuestion";
import { AskForHelp } from "./Help";
import { Notices } from "./Notices";
import { Over } from "./Over";
import { People } from "./People";
import css from "./Room.module.css";
import { RoomHead } from "./RoomHead";
import { VoiceAnswerBox } from "./VoiceAnswerBox";

/** The room for the one who is asked. */
export function CandidateRoom({ session, name }: { session: Session; name: string }) {
  const t = useText();
  const { userId } = useRoomConnection();
  const status = useRoom((room) => room.status);
  const question = useRoom((room) => room.question);
  const messages = useRoom((room) => room.chat.length);
  const interviewers = useRoom((room) => room.participants).filter(
    (person) => person.present && person.user_id !== userId && person.role !== "candidate",
  ).length;
  const { language } = session;
  if (isOver(status)) return <Over name={name} language={language} />;

  const panes: Pane[] = [
    {
      id: "question",
      title: t("room.question"),
      column: 0,
      content: (
        <>
          <CurrentQuestion
            language={language}
            none={t(interviewers > 0 ? "room.wait_question" : "room.wait_people")}
          />
          {status === "paused" && (
            <div className={css.pausedNote}>
              <Notice role="status">{t("room.paused_text")}</Notice>
            </div>
          )}
          {question !== null && (
            <>
              <AnswerBox key={question.question_id} question={question} language={language} />
              <VoiceAnswerBox paused={status === "paused"} />
            </>
          )}
        </>
      ),
    },
    { id: "captions", title: t("room.captions"), column: 0, content: <Captions language={language} /> },
    { id: "chat", title: t("room.chat"), column: 1, count: messages, content: <Chat mayWrite /> },
    { id: "people", title: t("room.people"), column: 1, content: <People /> },
  ];
  return (
    <div className={css.room}>
      <RoomHead title={session.title || t("room.title")} actions={<AskForHelp />} />
      <div className={css.above}>
        <Notices />
      </div>
      <Panes panes={panes} />
    </div>
  );
}
