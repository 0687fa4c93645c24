/** What to tell a person about something that went wrong. Reads errors by shape, so that ui/ stays below api/. */

import type { TextKey, Translate } from "./text";

interface Refusal {
  status: number;
  code: string;
  message: string;
  retryAfter: number | null;
}

const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Error && "code" in error && "status" in error && typeof error.code === "string";

const TITLES: Record<string, TextKey> = {
  unauthorized: "failure.unauthorized",
  forbidden: "failure.forbidden",
  not_found: "failure.not_found",
  rate_limited: "failure.rate_limited",
  unavailable: "failure.unavailable",
};

/** Whether the same request may succeed later. */
export const mayRetry = (error: unknown): boolean =>
  !isRefusal(error) || ["rate_limited", "unavailable", "internal"].includes(error.code);

export function failureText(t: Translate, error: unknown): string {
  if (!isRefusal(error)) return t("failure.network");
  const key = TITLES[error.code];
  // The server's own sentence says more than the code does.
  if (error.message !== "") return error.message;
  return t(key ?? "failure.internal");
}
