import { useParams } from "@tanstack/react-router";
import { RoomPage } from "./RoomPage";

/** The room for somebody who came by an invitation. */
export default function GuestRoomPage() {
  const { id } = useParams({ from: "/plain/room/$id" });
  return <RoomPage id={id} place={`candidate:${id}`} />;
}
