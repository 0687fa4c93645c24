import { describe, expect, it, vi } from "vitest";
import { newId } from "@/protocol/ids";
import { clientIdOf, parseServerMessage, seqOf } from "@/protocol/messages";
import { add, parse, remove, serialize } from "@/protocol/outbox";
import { segments } from "@/protocol/spans";

const item = (client_id: string) => ({ client_id, text: "x", written_at: 1 });

describe("messages", () => {
  it("ignores what is not JSON, not an object, or of another vocabulary", () => {
    for (const frame of ["", "{", "[]", "null", "3", '{"type":5}', '{"type":"notice","data":{}}']) {
      expect(parseServerMessage(frame)).toBeNull();
    }
  });

  it("takes unknown fields along and misses no data", () => {
    expect(parseServerMessage('{"type":"pong","later":1}')).toMatchObject({ type: "pong", data: {} });
  });

  it("finds the position and the client_id wherever they stand", () => {
    const error = parseServerMessage('{"type":"error","data":{"error":"conflict","message":"","info":{"client_id":"a"}}}');
    expect(error && clientIdOf(error)).toBe("a");
    const snapshot = parseServerMessage('{"type":"snapshot","data":{"state":{},"last_seq":7}}');
    expect(snapshot && seqOf(snapshot)).toBe(7);
    const delta = parseServerMessage('{"type":"ai_response_delta","data":{"text":"a"}}');
    expect(delta && seqOf(delta)).toBeNull();
  });
});

describe("the outbox", () => {
  it("holds each item once and in order", () => {
    const both = add(add(add([], item("a")), item("b")), item("a"));
    expect(both.map((one) => one.client_id)).toEqual(["a", "b"]);
    expect(remove(both, "a").map((one) => one.client_id)).toEqual(["b"]);
    expect(remove(both, "z")).toBe(both);
  });

  it("survives being stored, and garbage", () => {
    expect(parse(serialize([item("a")]))).toEqual([item("a")]);
    for (const stored of [null, "", "{", "{}", '[1,null,{"text":"x"},{"client_id":"a","text":""}]']) {
      expect(parse(stored)).toEqual([]);
    }
  });
});

describe("ids", () => {
  it("are made on insecure origins too", () => {
    vi.stubGlobal("crypto", { getRandomValues: (bytes: Uint8Array) => bytes.fill(255) });
    expect(newId()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
  });
});

describe("evidence spans", () => {
  const cut = (text: string, ...spans: [number, number][]) =>
    segments(text, spans.map(([start, end], index) => ({ id: String(index), start, end }))).map(
      (segment) => `${segment.text}[${segment.ids.join("")}]`,
    );

  it("cuts the text exactly at the span", () => {
    expect(cut("one two three", [4, 7])).toEqual(["one []", "two[0]", " three[]"]);
  });

  it("SPEC 6.1: counts code points, as the server does, and not UTF-16 units", () => {
    expect(cut("👩‍🚀 좋아요 𠮷野", [4, 7])).toEqual(["👩‍🚀 []", "좋아요[0]", " 𠮷野[]"]);
    expect(cut("𠮷野家", [1, 2])).toEqual(["𠮷[]", "野[0]", "家[]"]);
  });

  it("lets citations overlap", () => {
    expect(cut("abcdef", [0, 4], [2, 6])).toEqual(["ab[0]", "cd[01]", "ef[1]"]);
  });

  it("cuts spans to the text and drops empty ones", () => {
    expect(cut("abc", [-5, 99])).toEqual(["abc[0]"]);
    expect(cut("abc", [2, 2], [9, 12])).toEqual(["abc[]"]);
    expect(cut("", [0, 3])).toEqual([]);
  });
});
