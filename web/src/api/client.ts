/** Every call of the HTTP API that the web app makes, typed. */

import { accessToken, credentialsOf, keepTokens, type Place, setCredentials } from "./credentials";
import { ApiError, type FileOptions, request, type RequestOptions, send, sendFile } from "./http";
import type {
  AcceptedInvitation,
  AudioPlace,
  Competency,
  HistoryMessage,
  InterviewRequest,
  Invitation,
  Language,
  OwnScorecard,
  OwnScorecardRequest,
  Page,
  PlanPreview,
  Report,
  Session,
  Tokens,
  Transcript,
  User,
  VoiceState,
} from "./types";

const V1 = "/api/v1";

/** Makes a call as whoever is signed in at `place`; a token that ran out is refreshed once. */
async function signedIn(place: Place, attempt: (token: string | null) => Promise<Response>): Promise<Response> {
  const token = await accessToken(place);
  try {
    return await attempt(token);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || token === null) throw error;
    const fresh = await accessToken(place, token);
    if (fresh === null || fresh === token) throw error;
    return attempt(fresh);
  }
}

const authorized = (place: Place, path: string, options: RequestOptions = {}): Promise<Response> =>
  signedIn(place, (token) => send(path, { ...options, token }));

/** Sends a file as the body. */
export const upload = (place: Place, path: string, file: Blob, options: FileOptions = {}): Promise<Response> =>
  signedIn(place, (token) => sendFile(path, file, { ...options, token }));

export async function call<Body>(place: Place, path: string, options: RequestOptions = {}): Promise<Body> {
  const response = await authorized(place, path, options);
  if (response.status === 204) return undefined as Body;
  return (await response.json()) as Body;
}

// ---- signing in

export async function signIn(email: string, password: string): Promise<User> {
  const tokens = await request<Tokens>(`${V1}/auth/sign-in`, { method: "POST", body: { email, password } });
  return keepTokens("staff", tokens).user;
}

export async function signInByLink(token: string): Promise<User> {
  const tokens = await request<Tokens>(`${V1}/auth/links`, { method: "POST", body: { token } });
  return keepTokens("staff", tokens).user;
}

/** Forgets the credentials at once; the server is told as well, if it can be reached. */
export async function signOut(): Promise<void> {
  const held = credentialsOf("staff");
  setCredentials("staff", null);
  if (held === null) return;
  try {
    await request(`${V1}/auth/sign-out`, {
      method: "POST",
      body: { refresh_token: held.refresh_token },
      token: held.access_token,
    });
  } catch {
    // The refresh token expires by itself.
  }
}

export async function acceptInvitation(token: string): Promise<AcceptedInvitation> {
  const accepted = await request<AcceptedInvitation>(`${V1}/invitations/accept`, { method: "POST", body: { token } });
  keepTokens(`candidate:${accepted.session_id}`, accepted);
  return accepted;
}

export const socketTicket = (place: Place): Promise<{ ticket: string; expires_in: number }> =>
  call(place, `${V1}/auth/tickets`, { method: "POST", body: {} });

// ---- sessions

const session = (id: string) => `${V1}/sessions/${encodeURIComponent(id)}`;

export interface SessionFilter {
  q: string;
  status: string;
}

export const PAGE_SIZE = 20;

export const listSessions = (filter: SessionFilter, cursor: string | null, signal?: AbortSignal) =>
  call<Page<Session>>("staff", `${V1}/sessions`, {
    query: { q: filter.q, status: filter.status, cursor, limit: PAGE_SIZE },
    signal,
  });

export const createSession = (body: InterviewRequest, idempotencyKey: string) =>
  call<Session>("staff", `${V1}/sessions`, { method: "POST", body, idempotencyKey });

export const showSession = (place: Place, id: string, signal?: AbortSignal) =>
  call<Session>(place, session(id), { signal });

export const previewPlan = (body: InterviewRequest, signal?: AbortSignal) =>
  call<PlanPreview>("staff", `${V1}/plan-previews`, { method: "POST", body, signal });

export const listCompetencies = (language: Language, signal?: AbortSignal) =>
  call<{ items: Competency[] }>("staff", `${V1}/competencies`, { query: { language }, signal });

export const listMessages = (place: Place, id: string, signal?: AbortSignal) =>
  call<{ items: HistoryMessage[] }>(place, `${session(id)}/messages`, { signal });

export const endSession = (place: Place, id: string) =>
  call<Session>(place, `${session(id)}/end`, { method: "POST", body: {} });

export const withdraw = (place: Place, id: string) =>
  call<Session>(place, `${session(id)}/withdraw`, { method: "POST", body: {} });

export const giveConsent = (place: Place, id: string, purposes: string[], agreed: boolean) =>
  call<Session>(place, `${session(id)}/consents`, { method: "POST", body: { purposes, agreed } });

// ---- voice

export const voiceState = (place: Place, signal?: AbortSignal) => call<VoiceState>(place, `${V1}/voice`, { signal });

/** Seconds of a recording, as a file that the browser plays. */
export async function audioClip(place: Place, id: string, audio: AudioPlace, signal?: AbortSignal): Promise<Blob> {
  const response = await authorized(place, `${session(id)}/audio/${encodeURIComponent(audio.recording_id)}`, {
    query: { from: audio.start_s, to: audio.end_s },
    signal,
  });
  return response.blob();
}

export const showTranscript = (place: Place, id: string, signal?: AbortSignal) =>
  call<Transcript>(place, `${session(id)}/transcript`, { signal });

export const flagUtterance = (place: Place, id: string, utteranceId: string, correction: string, flagged: boolean) =>
  call<Transcript>(place, `${session(id)}/transcript/flags`, {
    method: "POST",
    body: { utterance_id: utteranceId, correction, flagged },
  });

export const confirmTranscript = (place: Place, id: string) =>
  call<Transcript>(place, `${session(id)}/transcript/confirmation`, { method: "POST", body: {} });

// ---- invitations

export const listInvitations = (id: string, signal?: AbortSignal) =>
  call<{ items: Invitation[] }>("staff", `${session(id)}/invitations`, { signal });

export const createInvitation = (id: string, name: string, expiresInHours: number) =>
  call<Invitation>("staff", `${session(id)}/invitations`, {
    method: "POST",
    body: { name, expires_in_hours: expiresInHours, role: "candidate" },
  });

export const revokeInvitation = (id: string, invitationId: string) =>
  call<void>("staff", `${session(id)}/invitations/${encodeURIComponent(invitationId)}`, { method: "DELETE" });

// ---- reports

export const showReport = (id: string, signal?: AbortSignal) =>
  call<Report>("staff", `${session(id)}/report`, { signal });

/** A file that the server makes. */
export async function download(
  place: Place,
  path: string,
  signal?: AbortSignal,
  query: RequestOptions["query"] = {},
): Promise<Blob> {
  const response = await authorized(place, path, { query, signal });
  return response.blob();
}

export const downloadReport = (id: string): Promise<Blob> => download("staff", `${session(id)}/report.pdf`);

export const submitScorecard = (id: string, body: OwnScorecardRequest) =>
  call<OwnScorecard>("staff", `${session(id)}/scorecards`, { method: "POST", body });
