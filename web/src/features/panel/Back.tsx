import { Link } from "@tanstack/react-router";
import { BackIcon } from "@/ui/icons";
import { useText } from "@/ui/text";

const LOOK = { color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" } as const;

export function BackToInterviews() {
  const t = useText();
  return (
    <Link to="/interviews" style={LOOK}>
      <BackIcon size={16} />
      {t("interviews.title")}
    </Link>
  );
}

export function BackToRubrics() {
  const t = useText();
  return (
    <Link to="/rubrics" style={LOOK}>
      <BackIcon size={16} />
      {t("rubrics.title")}
    </Link>
  );
}

export function BackToPanel({ id }: { id: string }) {
  const t = useText();
  return (
    <Link to="/panels/$id" params={{ id }} style={LOOK}>
      <BackIcon size={16} />
      {t("panel.back")}
    </Link>
  );
}
