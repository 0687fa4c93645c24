import { beforeEach, describe, expect, it, vi } from "vitest";
import { showSession } from "@/api/client";
import { accessToken, credentialsOf, keepTokens, setCredentials, useCredentialStore } from "@/api/credentials";
import { ApiError, NetworkError } from "@/api/http";
import type { Tokens } from "@/api/types";

const tokens = (name: string, expires_in = 3600): Tokens => ({
  access_token: name,
  refresh_token: `refresh-${name}`,
  expires_in,
  user: { user_id: "u", name: "", email: null, role: "recruiter", language: "en" },
});

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

const answers = (...responses: (Response | Error)[]) => {
  const mock = vi.fn((..._request: Parameters<typeof fetch>): Promise<Response> => {
    const next = responses.shift();
    return next instanceof Response ? Promise.resolve(next) : Promise.reject(next ?? new Error("unexpected call"));
  });
  vi.stubGlobal("fetch", mock);
  return mock;
};

beforeEach(() => useCredentialStore.setState({ held: {} }));

describe("access tokens", () => {
  it("are taken as they are while they are fresh", async () => {
    const fetched = answers();
    keepTokens("staff", tokens("a"));
    expect(await accessToken("staff")).toBe("a");
    expect(fetched).not.toHaveBeenCalled();
  });

  it("are refreshed once, however many ask", async () => {
    const fetched = answers(json(200, tokens("b")));
    keepTokens("staff", tokens("a", 10));
    expect(await Promise.all([accessToken("staff"), accessToken("staff"), accessToken("staff")])).toEqual(["b", "b", "b"]);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(credentialsOf("staff")?.refresh_token).toBe("refresh-b");
  });

  it("are gone when the server takes the refresh token back", async () => {
    answers(json(401, { error: "unauthorized", message: "" }));
    keepTokens("staff", tokens("a", 10));
    expect(await accessToken("staff")).toBeNull();
    expect(credentialsOf("staff")).toBeNull();
  });

  it("stay when the server cannot be reached", async () => {
    answers(new TypeError("down"));
    keepTokens("staff", tokens("a", 10));
    await expect(accessToken("staff")).rejects.toBeInstanceOf(NetworkError);
    expect(credentialsOf("staff")).not.toBeNull();
  });

  it("of a candidate leave the recruiter of the same browser signed in", () => {
    keepTokens("staff", tokens("recruiter"));
    keepTokens("candidate:s", tokens("candidate"));
    setCredentials("candidate:s", null);
    expect(credentialsOf("staff")?.access_token).toBe("recruiter");
  });

  it("survive a reload", () => {
    keepTokens("staff", tokens("a"));
    useCredentialStore.setState({ held: {} });
    expect(credentialsOf("staff")?.access_token).toBe("a");
  });
});

describe("calls", () => {
  it("are made again with a fresh token when the server refuses one that looked fresh", async () => {
    const fetched = answers(json(401, { error: "unauthorized" }), json(200, tokens("b")), json(200, { session_id: "s" }));
    keepTokens("staff", tokens("a"));
    expect(await showSession("staff", "s")).toEqual({ session_id: "s" });
    const sent = fetched.mock.calls.map(([, options]) => (options?.headers as Record<string, string>)["Authorization"]);
    expect(sent).toEqual(["Bearer a", undefined, "Bearer b"]);
  });

  it("escape ids in addresses", async () => {
    const fetched = answers(json(200, {}));
    keepTokens("staff", tokens("a"));
    await showSession("staff", "a/b?c");
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/sessions/a%2Fb%3Fc");
  });

  it("SPEC 0.4: fail with the server's own error", async () => {
    answers(json(409, { error: "conflict", message: "Not now.", details: "d", info: { retry_after: 3 } }));
    keepTokens("staff", tokens("a"));
    const error: unknown = await showSession("staff", "s").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 409, code: "conflict", message: "Not now.", retryAfter: 3 });
  });

  it("take a proxy's page for an unavailable server", async () => {
    answers(new Response("<html>", { status: 502 }));
    keepTokens("staff", tokens("a"));
    await expect(showSession("staff", "s")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("read Retry-After where the body names none", async () => {
    answers(json(429, { error: "rate_limited", message: "" }, { "Retry-After": "7" }));
    keepTokens("staff", tokens("a"));
    await expect(showSession("staff", "s")).rejects.toMatchObject({ retryAfter: 7 });
  });
});
