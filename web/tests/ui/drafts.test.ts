import { act, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { isString, readDraft, useDraft } from "@/ui/drafts";

const draft = (key = "k") => renderHook(() => useDraft(key, "", isString));

describe("a draft", () => {
  it("is stored with the key press, not after it", () => {
    const { result } = draft();
    act(() => {
      result.current[1]("half a sen");
      expect(readDraft("k", "", isString)).toBe("half a sen");
    });
    expect(result.current[0]).toBe("half a sen");
  });

  it("is there again after a reload", () => {
    const { result } = draft();
    act(() => result.current[1]("kept"));
    expect(draft().result.current[0]).toBe("kept");
  });

  it("is kept apart by its key", () => {
    const { result } = draft("a");
    act(() => result.current[1]("for a"));
    expect(draft("b").result.current[0]).toBe("");
  });

  it("can be changed several times before a render", () => {
    const { result } = draft();
    act(() => {
      result.current[1]("one");
      result.current[1]((before) => `${before} two`);
    });
    expect(result.current[0]).toBe("one two");
  });

  it("is forgotten when asked", () => {
    const { result } = draft();
    act(() => result.current[1]("x"));
    act(() => result.current[2]());
    expect(result.current[0]).toBe("");
    expect(draft().result.current[0]).toBe("");
  });

  it("ignores what does not fit", () => {
    localStorage.setItem("vivavoce.draft.k", "{}");
    expect(draft().result.current[0]).toBe("");
    localStorage.setItem("vivavoce.draft.k", "not json");
    expect(draft().result.current[0]).toBe("");
  });

  it("lets people type when nothing can be stored", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const { result } = draft();
    act(() => result.current[1]("still here"));
    expect(result.current[0]).toBe("still here");
  });
});
