import { fireEvent, screen } from "@testing-library/react";
import { createRef } from "react";
import { describe, expect, it, vi } from "vitest";
import { Composer } from "@/features/interview/Composer";
import { sends } from "@/features/interview/keys";
import { show } from "./render";

const press = (part: object = {}) => ({
  key: "Enter",
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  keyCode: 13,
  nativeEvent: { isComposing: false },
  ...part,
});

describe("which keys send", () => {
  it("Enter does, Shift+Enter starts a line", () => {
    expect(sends(press(), false)).toBe(true);
    expect(sends(press({ shiftKey: true }), false)).toBe(false);
    expect(sends(press({ key: "a" }), false)).toBe(false);
  });

  it("the Enter that accepts a Korean syllable or a Chinese candidate does not", () => {
    expect(sends(press({ nativeEvent: { isComposing: true } }), false)).toBe(false);
  });

  it("nor does Safari's, which says so only by its key code", () => {
    expect(sends(press({ keyCode: 229 }), false)).toBe(false);
  });

  it("on a touch keyboard Enter starts a line, Ctrl+Enter or Cmd+Enter sends", () => {
    expect(sends(press(), true)).toBe(false);
    expect(sends(press({ ctrlKey: true }), true)).toBe(true);
    expect(sends(press({ metaKey: true }), true)).toBe(true);
  });
});

describe("the composer", () => {
  const compose = (draft: string) => {
    const onSend = vi.fn();
    const onChange = vi.fn();
    show(
      <Composer
        draft={draft}
        language="ko"
        connected
        mayThink
        inputRef={createRef()}
        onChange={onChange}
        onSend={onSend}
        onThink={vi.fn()}
      />,
    );
    return { onSend, onChange, box: screen.getByRole("textbox") };
  };

  it("sends what is in it with Enter, as it is", () => {
    const { onSend, box } = compose("안녕하세요 ");
    fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
    expect(onSend).toHaveBeenCalledExactlyOnceWith("안녕하세요 ");
  });

  it("does not send while a syllable is being composed", () => {
    const { onSend, box } = compose("안녕하세");
    fireEvent.compositionStart(box);
    fireEvent.keyDown(box, { key: "Enter", keyCode: 229, isComposing: true });
    fireEvent.compositionEnd(box);
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
    expect(onSend).toHaveBeenCalledOnce();
  });

  it("does not send nothing", () => {
    const { onSend, box } = compose("  \n ");
    fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.getByRole("button", { name: /Send/ })).toHaveProperty("disabled", true);
  });

  it("SPEC 0.7: counts characters as the server does, and keeps a text that is too long", () => {
    const { onSend, box } = compose("𠮷".repeat(10_001));
    fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
    expect(onSend).not.toHaveBeenCalled();
    expect(screen.getByRole("status").textContent).toContain("10,001 of 10,000");
  });

  it("takes as many as the server takes", () => {
    const { onSend, box } = compose("𠮷".repeat(10_000));
    fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });
    expect(onSend).toHaveBeenCalledOnce();
  });
});
