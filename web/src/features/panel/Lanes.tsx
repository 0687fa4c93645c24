import { usePanel } from "@/connection/panel";
import { heardUntil, lanesOf } from "@/protocol/panel";
import { clockText, useFormat, useText } from "@/ui/text";
import css from "./Panel.module.css";
import { roleKey, voiceName, voiceStyle } from "./words";

const TICKS = 4;

/** Who spoke when: a lane for each voice, from the beginning to now. */
export function Lanes({ onSpeaker }: { onSpeaker: ((speakerId: string) => void) | null }) {
  const t = useText();
  const format = useFormat();
  const panel = usePanel((whole) => whole);
  const lanes = lanesOf(panel);
  if (lanes.length === 0) return null;
  const end = Math.max(30, heardUntil(panel));
  const spoken = lanes.reduce((sum, { talk_s }) => sum + talk_s, 0);
  return (
    <section className={css.lanes} aria-label={t("panel.lanes")}>
      <ul>
        {lanes.map(({ speaker_id, speaker, turns, now, talk_s }) => {
          const role = speaker?.role ?? "unknown";
          const name = voiceName(t, speaker);
          return (
            <li key={speaker_id} data-role={role} data-speaking={now !== null} style={voiceStyle(panel, speaker_id)}>
              <div className={css.laneName}>
                {onSpeaker === null || speaker === null ? (
                  <b>{name}</b>
                ) : (
                  <button type="button" onClick={() => onSpeaker(speaker_id)}>
                    {name}
                  </button>
                )}
                <small>
                  {speaker !== null && t(roleKey(role))}
                  {speaker !== null && now !== null && " · "}
                  {now !== null && t("panel.speaking")}
                </small>
              </div>
              <div className={css.track} aria-hidden="true">
                {turns.map((turn) => (
                  <i
                    key={turn.utterance_id}
                    data-uncertain={turn.uncertain}
                    title={clockText(turn.start)}
                    style={{ left: `${(100 * turn.start) / end}%`, width: `${(100 * (turn.end - turn.start)) / end}%` }}
                  />
                ))}
                {now !== null && (
                  <i data-now="true" style={{ left: `${(100 * now.start) / end}%`, width: `${(100 * (now.end - now.start)) / end}%` }} />
                )}
              </div>
              <span className={css.laneTime}>
                {turns.length > 0 && `${clockText(talk_s)} · ${format.percent(spoken === 0 ? 0 : talk_s / spoken)}`}
              </span>
            </li>
          );
        })}
      </ul>
      <div className={css.ticks} aria-hidden="true">
        {Array.from({ length: TICKS + 1 }, (_, index) => (
          <span key={index}>{clockText((end * index) / TICKS)}</span>
        ))}
      </div>
    </section>
  );
}
