/** Files that are about to be handed in. Pure. */

const MOST_BYTES = 50 * 1024 * 1024;

/** What file choosers offer. */
export const SCAN_KINDS = "application/pdf,image/png,image/jpeg,.pdf,.png,.jpg,.jpeg";

export interface StagedFile {
  /** Also what keeps a repeated upload from happening twice. */
  key: string;
  file: File;
  studentId: string;
  /** The share that is sent; null while it is not on its way. */
  sent: number | null;
  error: unknown;
}

export type FileProblem = "too_large" | "heic" | "student_missing" | "student_twice";

/** Whose sheet a file is most likely: its name without the ending. */
export const studentOf = (fileName: string): string => fileName.replace(/\.[a-z0-9]{1,5}$/iu, "").trim().slice(0, 128);

/** What keeps a file from being handed in; what its first bytes say, the server knows. */
export function problemOf(entry: StagedFile, all: readonly StagedFile[]): FileProblem | null {
  if (/\.hei[cf]$/iu.test(entry.file.name)) return "heic";
  if (entry.file.size > MOST_BYTES) return "too_large";
  const student = entry.studentId.trim();
  if (student === "") return "student_missing";
  return all.some((other) => other !== entry && other.studentId.trim() === student) ? "student_twice" : null;
}
