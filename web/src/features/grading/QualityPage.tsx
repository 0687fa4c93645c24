import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { examKey, showExam } from "@/api/exams";
import { WebSocketProvider } from "@/connection/WebSocketProvider";
import { QualityMonitor } from "./QualityMonitor";

export default function QualityPage() {
  const { id } = useParams({ from: "/staff/exams/$id" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  if (exam === undefined) return null;
  return (
    <WebSocketProvider key={id} endpoint={{ door: "quality", examId: id }}>
      <QualityMonitor exam={exam} />
    </WebSocketProvider>
  );
}
