import { useRoom } from "@/connection/room";
import type { Language } from "@/protocol/messages";
import { type Answer, type Caption, nameOf, type Question, type Room } from "@/protocol/roomState";
import { clockText, LOCALES, useText } from "@/ui/text";
import { Analysis } from "./Analysis";
import css from "./Room.module.css";

interface Given {
  question: Question;
  /** The newest answer of each person. */
  answers: Answer[];
  spoken: { user_id: string; text: string }[];
}

const newest = (answers: readonly Answer[]): Answer[] => [
  ...new Map(answers.map((answer) => [answer.user_id, answer])).values(),
];

function spokenBy(captions: readonly Caption[]): Given["spoken"] {
  const byPerson = new Map<string, string>();
  for (const { user_id: id, text } of captions) byPerson.set(id, `${byPerson.get(id) ?? ""} ${text}`.trim());
  return [...byPerson].map(([user_id, text]) => ({ user_id, text }));
}

const candidates = (room: Room): Set<string> =>
  new Set(room.participants.filter(({ role }) => role === "candidate").map(({ user_id: id }) => id));

/** What was answered to each question, the newest question first. */
export function given(room: Room): Given[] {
  const speaking = candidates(room);
  return room.asked
    .map((question) => ({
      question,
      answers: newest(room.answers.filter((answer) => answer.question_id === question.question_id)),
      spoken: spokenBy(
        room.captions.filter((caption) => caption.question_id === question.question_id && speaking.has(caption.user_id)),
      ),
    }))
    .reverse();
}

/** Answers as they come, with the time they took; those who lead may look at one more closely. */
export function Answers({ language, leads }: { language: Language; leads: boolean }) {
  const t = useText();
  const room = useRoom((whole) => whole);
  const items = given(room);
  if (items.length === 0) return <p className={css.none}>{t("room.answers_none")}</p>;
  return (
    <ol className={css.answers}>
      {items.map(({ question, answers, spoken }) => (
        <li key={question.question_id}>
          <h3 lang={LOCALES[language]}>{question.text}</h3>
          {answers.length === 0 && spoken.length === 0 && <p className={css.none}>{t("room.answer_awaited")}</p>}
          {answers.map((answer) => (
            <article key={answer.user_id} className={css.answer}>
              <header>
                <b>{nameOf(room, answer.user_id)}</b>
                {answer.response_s !== null && (
                  <span>{t("room.answered_after", { time: clockText(answer.response_s) })}</span>
                )}
                {answer.version > 1 && <span>{t("room.answer_version", { version: answer.version })}</span>}
              </header>
              {answer.text === null ? (
                <p className={css.none}>{t("room.answer_hidden")}</p>
              ) : (
                <>
                  <p lang={LOCALES[language]}>{answer.text}</p>
                  {leads && <Analysis key={answer.version} answer={{ ...answer, text: answer.text }} language={language} />}
                </>
              )}
            </article>
          ))}
          {spoken.map((item) => (
            <article key={`spoken:${item.user_id}`} className={css.answer} data-spoken="true">
              <header>
                <b>{nameOf(room, item.user_id)}</b>
                <span>{t("room.spoken")}</span>
              </header>
              <p lang={LOCALES[language]}>{item.text}</p>
            </article>
          ))}
        </li>
      ))}
    </ol>
  );
}
