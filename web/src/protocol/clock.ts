/** The candidate's clock: it runs only while the interview is live and the candidate is connected. */

export interface Clock {
  /** Seconds left when the reading was taken; null when the interview has no limit or has not started. */
  remaining_s: number | null;
  elapsed_s: number;
  /** When the reading was taken, epoch milliseconds on this machine. */
  read_at: number;
  running: boolean;
}

export const STOPPED: Clock = { remaining_s: null, elapsed_s: 0, read_at: 0, running: false };

const passed = (clock: Clock, now: number): number =>
  clock.running ? Math.max(0, (now - clock.read_at) / 1000) : 0;

export const remaining = (clock: Clock, now: number): number | null =>
  clock.remaining_s === null ? null : Math.max(0, clock.remaining_s - passed(clock, now));

export const elapsed = (clock: Clock, now: number): number => clock.elapsed_s + passed(clock, now);

/** The same moment, with the clock stopped or set going. */
export const setRunning = (clock: Clock, running: boolean, now: number): Clock =>
  clock.running === running
    ? clock
    : { remaining_s: remaining(clock, now), elapsed_s: elapsed(clock, now), read_at: now, running };
