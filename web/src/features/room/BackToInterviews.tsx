import { Link } from "@tanstack/react-router";
import { BackIcon } from "@/ui/icons";
import { useText } from "@/ui/text";

export function BackToInterviews() {
  const t = useText();
  return (
    <Link to="/interviews" style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}>
      <BackIcon size={16} />
      {t("interviews.title")}
    </Link>
  );
}
