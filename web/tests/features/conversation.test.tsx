import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { keepTokens } from "@/api/credentials";
import type { Session } from "@/api/types";
import { DialogueProvider } from "@/connection/DialogueProvider";
import { loadOutbox } from "@/connection/outboxStorage";
import { Conversation } from "@/features/interview/Conversation";
import { isString, useDraft } from "@/ui/drafts";
import { FakeSocket } from "../connection/fakeSocket";
import { show } from "./render";

const PLACE = "candidate:s";
let sockets: FakeSocket[] = [];

const SESSION = {
  session_id: "s",
  status: "live",
  language: "en",
  candidate_name: "Maya",
  elapsed_s: 0,
  remaining_s: 600,
  answered: 0,
  last_seq: 1,
  epoch: "e1",
} as Session;

beforeEach(() => {
  sockets = [];
  keepTokens(PLACE, {
    access_token: "a",
    refresh_token: "r",
    expires_in: 3600,
    user: { user_id: "u", name: "Maya", email: null, role: "candidate", language: "" },
  });
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ ticket: "t", expires_in: 30 }))));
  vi.stubGlobal(
    "WebSocket",
    class extends FakeSocket {
      constructor(address: string) {
        super(address);
        sockets.push(this);
      }
    },
  );
});

function Talk() {
  const [draft, setDraft] = useDraft("answer.s", "", isString);
  return (
    <DialogueProvider
      place={PLACE}
      session={SESSION}
      messages={[]}
      onRefused={(item) => setDraft((before) => item.text + before)}
    >
      <Conversation
        session={SESSION}
        place={PLACE}
        draft={draft}
        onDraft={setDraft}
        refusal={null}
        onRefusalSeen={() => {}}
        onLeft={() => {}}
        voice={{ state: "off", fetched: null }}
        choice={{ answers: "text", device: "", way: "push" }}
        onChoice={() => {}}
      />
    </DialogueProvider>
  );
}

const socket = () => sockets.at(-1)!;
const connected = async () => {
  await waitFor(() => expect(sockets.length).toBeGreaterThan(0));
  act(() => void socket().open());
};
const box = () => screen.getByRole<HTMLTextAreaElement>("textbox");
const write = (text: string) => fireEvent.change(box(), { target: { value: text } });
const enter = () => fireEvent.keyDown(box(), { key: "Enter", keyCode: 13 });

describe("nothing that was typed is lost", () => {
  it("keeps an answer sent before there was a connection, and sends it then", async () => {
    show(<Talk />);
    write("first");
    enter();
    expect(box().value).toBe("");
    expect(screen.getByText("first")).toBeTruthy();
    expect(loadOutbox("s", "u").map((item) => item.text)).toEqual(["first"]);
    await connected();
    expect(socket().of("text_input").map((data) => data["text"])).toEqual(["first"]);
  });

  it("sends an unacknowledged answer again after a reload, as the same input", async () => {
    const page = show(<Talk />);
    await connected();
    write("before the crash");
    enter();
    const [first] = socket().of("text_input");
    page.unmount();
    show(<Talk />);
    expect(screen.getByText("before the crash")).toBeTruthy();
    await waitFor(() => expect(sockets).toHaveLength(2));
    act(() => void socket().open());
    expect(socket().of("text_input")).toEqual([first]);
    act(() => socket().tell("status", { status: "processing", client_id: first?.["client_id"], seq: 3 }));
    expect(loadOutbox("s", "u")).toEqual([]);
  });

  it("keeps a half-written answer over a reload", () => {
    const page = show(<Talk />);
    write("half a thou");
    page.unmount();
    show(<Talk />);
    expect(box().value).toBe("half a thou");
  });

  it("puts a refused answer back into the box", async () => {
    show(<Talk />);
    await connected();
    write("refused");
    enter();
    const id = socket().of("text_input")[0]?.["client_id"];
    act(() => socket().tell("error", { error: "conflict", message: "Not now.", info: { client_id: id } }));
    expect(box().value).toBe("refused");
    expect(screen.getByRole("alert").textContent).toContain("Not now.");
    expect(loadOutbox("s", "u")).toEqual([]);
  });
});

describe("the conversation", () => {
  it("reads a reply to a screen reader once, whole", async () => {
    show(<Talk />);
    await connected();
    act(() => socket().tell("ai_response_delta", { text: "Tell me ", turn_id: "t" }));
    expect(screen.getByRole("log").textContent).toBe("");
    act(() => socket().tell("ai_response", { user_input: "", ai_response: "Tell me more", seq: 2, turn_id: "t" }));
    expect(screen.getByRole("log").textContent).toBe("Tell me more");
  });

  it("asks for patience, and is calm until the answer", async () => {
    show(<Talk />);
    await connected();
    act(() => socket().tell("ai_response", { user_input: "", ai_response: "Why?", seq: 2 }));
    fireEvent.click(screen.getByRole("button", { name: "Let me think" }));
    expect(socket().of("think_time")).toHaveLength(1);
    expect(screen.getByText("Take your time")).toBeTruthy();
    write("because");
    enter();
    expect(screen.queryByText("Take your time")).toBeNull();
  });

  it("says the state of the connection in words, and that the clock stands", async () => {
    show(<Talk />);
    await connected();
    act(() => socket().tell("progress", { status: "live", remaining_s: 300, connected: true }));
    expect(screen.getAllByText("Connected").length).toBeGreaterThan(0);
    expect(screen.queryByText(/stopped/)).toBeNull();
    act(() => socket().drop());
    expect(screen.getAllByText(/Reconnecting/).length).toBeGreaterThan(0);
    expect(screen.getByText(/· stopped/)).toBeTruthy();
  });
});
