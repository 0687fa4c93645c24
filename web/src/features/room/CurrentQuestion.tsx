import { useRoom } from "@/connection/room";
import type { Language } from "@/protocol/messages";
import { LOCALES, useText } from "@/ui/text";
import { QuestionClock } from "./QuestionClock";
import css from "./Room.module.css";

/** The question that is open, large enough to be read from afar, with its time. */
export function CurrentQuestion({ language, none }: { language: Language; none: string }) {
  const t = useText();
  const question = useRoom((room) => room.question);
  const number = useRoom((room) => room.asked.length);
  return (
    <div className={css.current} data-none={question === null}>
      {question === null ? (
        <p>{none}</p>
      ) : (
        <>
          <div className={css.currentHead}>
            <span>{t("room.question_number", { number })}</span>
            <QuestionClock question={question} />
          </div>
          <p className={css.currentText} role="status" lang={LOCALES[language]}>
            {question.text}
          </p>
        </>
      )}
    </div>
  );
}
