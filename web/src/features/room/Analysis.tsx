import { Button } from "@mantine/core";
import { useState } from "react";
import { useRoomConnection } from "@/connection/room";
import { type AnswerAnalysis, analysisOf } from "@/protocol/answerAnalysis";
import type { Language } from "@/protocol/messages";
import type { Answer } from "@/protocol/roomState";
import { LOCALES, useFormat, useText } from "@/ui/text";
import css from "./Room.module.css";

function Found({ analysis, language }: { analysis: AnswerAnalysis; language: Language }) {
  const t = useText();
  const format = useFormat();
  const { coverage, suggestions } = analysis;
  const lang = LOCALES[language];
  if (coverage.length === 0 && suggestions.length === 0) return <p className={css.none}>{t("room.analysis_none")}</p>;
  return (
    <>
      {coverage.length > 0 && (
        <ul className={css.coverage} aria-label={t("room.analysis")}>
          {coverage.map(({ name, share, quotes }) => (
            <li key={name}>
              <span lang={lang}>{name}</span>
              <b data-none={share === null}>{share === null ? t("room.analysis_missing") : format.percent(share)}</b>
              {quotes.map((quote) => (
                <q key={quote} lang={lang}>
                  {quote}
                </q>
              ))}
            </li>
          ))}
        </ul>
      )}
      {suggestions.length > 0 && (
        <>
          <h4>{t("room.analysis_suggestions")}</h4>
          <ul className={css.suggestions} lang={lang}>
            {suggestions.map((suggestion) => (
              <li key={suggestion}>{suggestion}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** Looks at an answer when an interviewer asks for it; nothing is stored, and the candidate does not see it. */
export function Analysis({ answer, language }: { answer: Answer & { text: string }; language: Language }) {
  const t = useText();
  const { ask, connection } = useRoomConnection();
  const [analysis, setAnalysis] = useState<AnswerAnalysis | null>(null);
  const [busy, setBusy] = useState(false);
  const analyze = async () => {
    setBusy(true);
    try {
      const { question_id, user_id, text: answer_text } = answer;
      setAnalysis(analysisOf(await ask("analyze_answer", { question_id, user_id, answer_text })));
    } catch {
      // The room's notices say what went wrong.
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={css.analysis}>
      <Button size="compact-sm" variant="default" loading={busy} disabled={connection.name !== "connected"} onClick={() => void analyze()}>
        {t(analysis === null ? "room.analyze" : "room.analyze_again")}
      </Button>
      <div role="status">{analysis !== null && <Found analysis={analysis} language={language} />}</div>
    </div>
  );
}
