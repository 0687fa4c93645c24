import { describe, expect, it } from "vitest";
import { loadOutbox, storeOutbox } from "@/connection/outboxStorage";

const item = (client_id: string) => ({ client_id, text: client_id, written_at: 1 });
const ids = () => loadOutbox("s", "u").map((one) => one.client_id);

describe("the stored outbox", () => {
  it("belongs to one session and one person", () => {
    storeOutbox("s", "u", [], [item("a")]);
    expect(ids()).toEqual(["a"]);
    expect(loadOutbox("s", "other")).toEqual([]);
    expect(loadOutbox("other", "u")).toEqual([]);
  });

  it("leaves alone what another tab has put there", () => {
    storeOutbox("s", "u", [], [item("other-tab")]);
    storeOutbox("s", "u", [], [item("mine")]);
    expect(ids()).toEqual(["other-tab", "mine"]);
    storeOutbox("s", "u", [item("mine")], []);
    expect(ids()).toEqual(["other-tab"]);
  });

  it("leaves nothing behind when it is empty", () => {
    storeOutbox("s", "u", [], [item("a")]);
    storeOutbox("s", "u", [item("a")], []);
    expect(localStorage.length).toBe(0);
  });
});
