import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { type Room, roomQuestions, showRoom } from "@/api/rooms";
import { asStatus, isOver, type RoomStatus } from "@/protocol/roomState";
import { Failure } from "@/ui/Failure";
import { ArrowIcon } from "@/ui/icons";
import { Badge, Facts, Loading, Page, PageHead, Panel } from "@/ui/primitives";
import { clockText, LOCALES, useFormat, useText } from "@/ui/text";
import { BackToInterviews } from "./BackToInterviews";
import css from "./NewRoom.module.css";
import { RoomInvitations } from "./RoomInvitations";
import { STATUS_TONES, statusKey } from "./words";

const EVERY_MS = 10_000;

function About({ session, status }: { session: Room; status: RoomStatus }) {
  const t = useText();
  const format = useFormat();
  const scheduled = session.scheduled_at ?? null;
  return (
    <Panel title={t("new_room.about")}>
      <Facts
        items={[
          { name: t("new.language"), value: t(`language.${session.language}`) },
          { name: t("new_room.when"), value: scheduled === null ? t("room_detail.open") : format.dateTime(scheduled) },
          { name: t("detail.created"), value: format.dateTime(session.created_at) },
          ...(session.started_at === null ? [] : [{ name: t("detail.started"), value: format.dateTime(session.started_at) }]),
          ...(session.ended_at === null ? [] : [{ name: t("detail.ended"), value: format.dateTime(session.ended_at) }]),
          ...(status === "scheduled" ? [] : [{ name: t("detail.time_used"), value: clockText(session.elapsed_s) }]),
        ]}
      />
    </Panel>
  );
}

function Prepared({ session }: { session: Room }) {
  const t = useText();
  const questions = useQuery({
    queryKey: ["rooms", session.session_id, "questions", "staff"],
    queryFn: ({ signal }) => roomQuestions("staff", session.session_id, signal),
  });
  if (questions.isPending) return <Loading lines={2} />;
  if (questions.isError) return <Failure error={questions.error} onRetry={() => void questions.refetch()} />;
  const items = questions.data.questions;
  if (items.length === 0) return <p className={css.note}>{t("room_detail.no_questions")}</p>;
  return (
    <ol className={css.prepared} lang={LOCALES[session.language]}>
      {items.map((question) => (
        <li key={question.question_id}>
          {question.text}
          {question.time_limit_s !== null && <span className={css.note}> · {clockText(question.time_limit_s)}</span>}
        </li>
      ))}
    </ol>
  );
}

/** One room, from outside: what it is, who is invited, and the way in. */
export default function RoomDetailPage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/rooms/$id" });
  const loaded = useQuery({
    queryKey: ["sessions", id],
    queryFn: ({ signal }) => showRoom("staff", id, signal),
    refetchInterval: (query) => (query.state.data?.ended_at === null ? EVERY_MS : false),
  });
  if (loaded.isPending) {
    return (
      <Page>
        <Loading />
      </Page>
    );
  }
  if (loaded.isError) {
    return (
      <Page>
        <Failure error={loaded.error} onRetry={() => void loaded.refetch()} heading="h1" />
      </Page>
    );
  }
  const session = loaded.data;
  const status = asStatus(session.status) ?? "scheduled";
  const over = isOver(status);
  return (
    <Page>
      <PageHead
        title={session.title || t("room.title")}
        aside={<Badge tone={STATUS_TONES[status]}>{t(statusKey(status))}</Badge>}
        text={t(over ? "room_detail.lead_over" : "room_detail.lead")}
        back={<BackToInterviews />}
        actions={
          <Button component={Link} to={`/rooms/${encodeURIComponent(id)}/live`} rightSection={<ArrowIcon size={18} />}>
            {t(over ? "room_detail.look" : "room_detail.enter")}
          </Button>
        }
      />
      <div className={css.columns}>
        <Panel title={t("invitations.title")}>
          <RoomInvitations id={id} over={over} />
        </Panel>
        <div className={css.side}>
          <About session={session} status={status} />
          <Panel title={t("room.questions")}>
            <Prepared session={session} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}
