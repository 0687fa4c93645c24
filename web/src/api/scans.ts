/** The calls of the HTTP API about printed sheets: files that are handed in, and pages on which questions are placed. */

import { call, upload } from "./client";
import type { ErrorShape } from "./http";
import type { Page } from "./types";

export type ScanStatus = "waiting" | "reading" | "read" | "failed";

/** A file that was handed in. Once it is `read`, its answers are the submission of the id `scan_id`. */
export interface Scan {
  scan_id: string;
  exam_id: string;
  student_id: string;
  student_name: string;
  class_id: string;
  file_name: string;
  status: ScanStatus;
  answers: number;
  answers_read: number;
  /** The quality of each page's picture, 0 to 1. */
  pages: number[];
  /** Pages of the sheet that the file has not. */
  missing_pages: number[];
  overall_quality: number | null;
  /** Answers that are hard to read and go to a person. */
  poor: number;
  error: ErrorShape | null;
  created_at: string;
}

const exam = (id: string) => `/api/v1/exams/${encodeURIComponent(id)}`;
const PAGE = 50;

export const scansKey = (examId: string) => ["scans", examId] as const;

export const listScans = (examId: string, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Scan>>("staff", `${exam(examId)}/scans`, { query: { cursor, limit: PAGE }, signal });

export const dropScan = (examId: string, scanId: string) =>
  call<void>("staff", `${exam(examId)}/scans/${encodeURIComponent(scanId)}`, { method: "DELETE" });

export const handInScan = (
  examId: string,
  file: File,
  studentId: string,
  idempotencyKey: string,
  onProgress: (share: number) => void,
) =>
  upload("staff", `${exam(examId)}/submissions/scan`, file, {
    query: { student_id: studentId, file_name: file.name.slice(-200) },
    idempotencyKey,
    onProgress,
  });

export interface SheetPage {
  picture: Blob;
  /** How many pages the file has. */
  count: number;
}

/** A page of a sheet as it is read. Nothing is stored. */
export async function drawSheetPage(examId: string, file: File, page: number, signal?: AbortSignal): Promise<SheetPage> {
  const response = await upload("staff", `${exam(examId)}/sheet-pages`, file, { query: { page }, signal });
  return { picture: await response.blob(), count: Number(response.headers.get("X-Page-Count") ?? "1") };
}

/** Where the picture of a scanned response is. */
export const pictureOf = (examId: string, responseId: string): string =>
  `${exam(examId)}/responses/${encodeURIComponent(responseId)}/image`;
