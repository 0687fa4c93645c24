import { useParams } from "@tanstack/react-router";
import { PanelPage } from "./PanelPage";

export default function GuestPanelPage() {
  const { id } = useParams({ from: "/plain/panel/$id" });
  return <PanelPage id={id} place={`candidate:${id}`} />;
}
