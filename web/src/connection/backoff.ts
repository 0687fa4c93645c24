/** When to try again. */

export interface BackoffOptions {
  /** The first wait, before jitter. */
  base_ms: number;
  max_ms: number;
  /** Tries before a person is asked. */
  tries: number;
}

export const BACKOFF: BackoffOptions = { base_ms: 1_000, max_ms: 16_000, tries: 5 };

/**
 * Milliseconds to wait before try number `attempt` (from 1). Half of the exponential wait is fixed and half is left to
 * chance, so that the clients of a server that went down do not all come back in the same moment.
 */
export function waitBefore(attempt: number, random: () => number, options: BackoffOptions = BACKOFF): number {
  const full = Math.min(options.max_ms, options.base_ms * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
