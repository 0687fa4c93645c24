import { useParams } from "@tanstack/react-router";
import { PanelPage } from "./PanelPage";

export default function StaffPanelPage() {
  const { id } = useParams({ from: "/staff/panels/$id" });
  return <PanelPage id={id} place="staff" />;
}
