import { ActionIcon } from "@mantine/core";
import { audioClip } from "@/api/client";
import type { AudioPlace, Report } from "@/api/types";
import type { Clips } from "@/audio/useClip";
import { PlayIcon, StopIcon } from "@/ui/icons";
import { useText } from "@/ui/text";

export interface PlayButtonProps {
  id: string;
  places: readonly AudioPlace[];
  report: Report;
  clips: Clips;
  label: string;
  onPlay?: () => void;
}

/** Plays just these seconds. */
export function PlayButton({ id, places, report, clips, label, onPlay }: PlayButtonProps) {
  const t = useText();
  const playing = clips.active === id;
  return (
    <ActionIcon
      variant={playing ? "filled" : "light"}
      loading={playing && clips.loading}
      aria-label={playing ? t("report.play_stop") : label}
      aria-pressed={playing}
      data-play={places.map((place) => `${place.start_s.toFixed(2)}-${place.end_s.toFixed(2)}`).join(" ")}
      onClick={() => {
        if (!playing) onPlay?.();
        clips.toggle(id, (signal) =>
          Promise.all(places.map((place) => audioClip("staff", report.session_id, place, signal))),
        );
      }}
    >
      {playing ? <StopIcon size={16} /> : <PlayIcon size={16} />}
    </ActionIcon>
  );
}
