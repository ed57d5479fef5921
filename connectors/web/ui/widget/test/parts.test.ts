/** What the widget is made of and no page is needed for. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Keep } from "../src/keep.ts";
import { transcript } from "../src/keeping.ts";
import { pieces, safeHref } from "../src/links.ts";
import { Sdk, type SdkEvent } from "../src/sdk.ts";
import { filled, isRightToLeft, type Texts } from "../src/texts.ts";

describe("text is text", () => {
  test.each([
    ["see https://a.example/x?y=1.", ["see ", "https://a.example/x?y=1>", "."]],
    ["(http://a.example/b_(c)) or", ["(", "http://a.example/b_(c)>", ") or"]],
    [
      "mail me@a.example, or call tel:+420123",
      ["mail ", "me@a.example>", ", or call ", "tel:+420123>"],
    ],
    ["javascript:alert(1) data:text/html,x", ["javascript:alert(1) data:text/html,x"]],
    ["<img src=x onerror=alert(1)>", ["<img src=x onerror=alert(1)>"]],
    ["HTTPS://A.EXAMPLE", ["HTTPS://A.EXAMPLE>"]],
    ["https://[bad", ["https://[bad"]],
    ["", []],
  ])("%s", (text, expected) => {
    expect(pieces(text).map((piece) => piece.text + (piece.href ? ">" : ""))).toEqual(expected);
    expect(
      pieces(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });

  test("of any length is read in proportion", () => {
    for (const part of ["x", "a.", "!", "https://", "@a", "a@a.", "("]) {
      const text = part.repeat(200_000 / part.length);
      expect(
        pieces(text)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
    }
  });

  test("only what people may follow is a link", () => {
    for (const scheme of ["javascript", "data", "vbscript", "blob", "file", "ftp", "intent"]) {
      expect(safeHref(`${scheme}:x`)).toBeUndefined();
    }
    expect(safeHref("java\nscript:alert(1)")).toBeUndefined();
    expect(safeHref("mailto:a@b.example")).toBe("mailto:a@b.example");
  });
});

const ours = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../../texts/${language}.json`, import.meta.url), "utf8"));

describe("texts", () => {
  test("have values in them", () => {
    expect(filled("{a} and {b} {c}", { a: 1, b: "x" })).toBe("1 and x {c}");
  });
  test("know which way they are written", () => {
    expect(["ar", "he-IL", "fa_IR", "en", "arn"].map(isRightToLeft)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("what is kept", () => {
  const shelf = (found: Map<string, string>) => ({
    getItem: (name: string) => found.get(name) ?? null,
    setItem: (name: string, value: string) => void found.set(name, value),
    removeItem: (name: string) => void found.delete(name),
  });

  test("is of one site, and there again", () => {
    const found = new Map<string, string>();
    const keep = new Keep("shop", () => shelf(found));
    keep.draft = "half a li";
    keep.token = "t";
    keep.isOpen = true;
    keep.pending = [{ id: "1", text: "x" }];
    const again = new Keep("shop", () => shelf(found));
    expect([again.draft, again.token, again.isOpen]).toEqual(["half a li", "t", true]);
    expect(again.pending).toEqual([{ id: "1", text: "x" }]);
    const other = new Keep("forum", () => shelf(found));
    expect([other.draft, other.token, other.isOpen, other.pending]).toEqual(["", "", false, []]);
    again.draft = "";
    again.pending = [];
    expect([...found.keys()].sort()).toEqual(["parley.shop.open", "parley.shop.token"]);
  });

  test("may be nothing, and may be spoiled", () => {
    const none = new Keep("shop", () => {
      throw new Error("forbidden");
    });
    none.draft = "x";
    expect(none.draft).toBe("");
    const full = new Keep("shop", () => ({
      ...shelf(new Map([["parley.shop.pending", '[{"id":1},{"id":"a","text":"b"},null]']])),
      setItem: () => {
        throw new Error("full");
      },
    }));
    full.draft = "x";
    expect(full.pending).toEqual([{ id: "a", text: "b" }]);
    const spoiled = new Keep("shop", () => shelf(new Map([["parley.shop.pending", "{"]])));
    expect(spoiled.pending).toEqual([]);
  });
});

describe("the object of the page", () => {
  test("does what was queued before, in order, and then at once", () => {
    const done: unknown[] = [];
    const sdk = new Sdk([["a", 1], (it) => it.call("b")]);
    sdk.push(["a", 2]);
    sdk.call("a", 3);
    expect(done).toEqual([]);
    sdk.serve({ a: (n: number) => done.push(n), b: () => done.push("b") });
    sdk.call("a", 4);
    expect(done).toEqual([1, "b", 2, 3, 4]);
    expect(() => sdk.call("toString")).toThrow("no command toString");
  });

  test("tells events with names and numbers until that is ended", () => {
    const heard: SdkEvent[] = [];
    const sdk = new Sdk([["on", "open", (event: SdkEvent) => heard.push(event)]]);
    sdk.serve({});
    const end = sdk.on("*", (event) => heard.push(event));
    sdk.on("open", () => {
      throw new Error("a listener that fails");
    });
    const { error } = console;
    console.error = () => {};
    sdk.emit("open", { by: "visitor" });
    console.error = error;
    end();
    sdk.emit("close", {});
    expect(heard).toHaveLength(2);
    expect(heard[0]).toMatchObject({ seq: 1, type: "open", detail: { by: "visitor" } });
    expect(heard[0]?.id).toBe(heard[1]?.id);
  });
});

test("a conversation is kept as lines of text", () => {
  const line = {
    key: "",
    id: "",
    isNote: false,
    attachments: [],
    state: "stored",
    why: "",
  } as const;
  const lines = [
    { ...line, mine: true, name: "", text: "Hi", time: null, attachments: [{ Name: "a.png" }] },
    { ...line, mine: false, name: "Alice", text: "Hello <b>", time: null },
    { ...line, mine: false, name: "", text: "A note", isNote: true, time: null },
  ];
  const texts = ours("en") as unknown as Texts;
  expect(transcript(lines, texts)).toBe("You: Hi [a.png]\nAlice: Hello <b>\nA note");
});
