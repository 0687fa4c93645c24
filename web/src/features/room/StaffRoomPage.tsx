import { useParams } from "@tanstack/react-router";
import { RoomPage } from "./RoomPage";

/** The room for somebody who is signed in. */
export default function StaffRoomPage() {
  const { id } = useParams({ from: "/staff/rooms/$id/live" });
  return <RoomPage id={id} place="staff" />;
}
