import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { scanOf } from "@/api/exams";
import { failureText } from "@/ui/failureText";
import { useText } from "@/ui/text";
import css from "./Grading.module.css";

function Picture({ blob, label }: { blob: Blob; label: string }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    if (image.current !== null) image.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  return <img ref={image} className={css.scan} alt={label} />;
}

/** What was scanned, beside what was read from it. */
export function Scan({ url }: { url: string }) {
  const t = useText();
  const scan = useQuery({ queryKey: ["scan", url], queryFn: ({ signal }) => scanOf(url, signal), staleTime: Infinity });
  if (scan.isPending) return <Skeleton height={160} radius="md" />;
  if (scan.isError) return <p className={css.meta}>{failureText(t, scan.error)}</p>;
  return <Picture blob={scan.data} label={t("marking.scan")} />;
}
