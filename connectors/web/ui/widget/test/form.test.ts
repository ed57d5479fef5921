/** Forms: what is shown, what is missing, what comes of it (W-47). */

import { describe, expect, test } from "vitest";
import type { ScenarioInfo, ScreenControlInfo } from "../../client/src/protocol.ts";
import {
  askedOf,
  complaints,
  type Entry,
  initial,
  resultOf,
  shownScreens,
  toldOf,
} from "../src/form.ts";

const control = (id: string, kind: string, more: Partial<ScreenControlInfo> = {}) =>
  ({ ScreenControlId: id, DisplayName: id, ControlType: kind, ...more }) as ScreenControlInfo;

const FORM: ScenarioInfo = {
  ScenarioId: "form",
  Screens: [
    {
      ScreenId: "2",
      Rank: 2,
      ConditionScreenControlId: "topic",
      ConditionText: "sales",
      FinishButton: true,
      Controls: [
        control("pieces", "Integer", { Rank: 2, ControlNumber: 1000, MandatoryField: true }),
        control("note", "LabelOnly", { Rank: 1, MandatoryField: true }),
        control("wishes", "CheckBoxes", {
          Rank: 3,
          Parameters: [
            { Rank: 2, DisplayName: "quick", ResultText: "speed", ResultNumber: 2 },
            { Rank: 1, DisplayName: "cheap" },
          ],
        }),
        control("day", "Date", { Rank: 4 }),
        control("hour", "Time", { Rank: 5 }),
        control("moment", "DateTime", { Rank: 6 }),
        control("more", "TextArea", { Rank: 7 }),
      ],
    },
    {
      ScreenId: "1",
      Rank: 1,
      Controls: [
        control("topic", "DropDown", {
          MandatoryField: true,
          Parameters: [
            { Rank: 1, DisplayName: "A question", ResultText: "support", DefaultItem: true },
            { Rank: 2, DisplayName: "To buy", ResultText: "sales", ResultNumber: 7 },
          ],
        }),
        control("radio", "RadioButtons", { Parameters: [{ DisplayName: "yes" }] }),
      ],
    },
    {
      ScreenId: "3",
      Rank: 3,
      ConditionScreenControlId: "wishes",
      ConditionText: "speed",
      Controls: [],
    },
  ],
};

const names = (entries: Map<string, Entry>) =>
  shownScreens(FORM, entries).map((screen) => screen.ScreenId);

describe("screens", () => {
  test("are shown by what was filled in on screens that are shown", () => {
    const entries = initial(FORM);
    expect(entries.get("topic")).toEqual([0]);
    expect(entries.get("wishes")).toEqual([]);
    expect(names(entries)).toEqual(["1"]);
    entries.set("wishes", [1]);
    expect(names(entries)).toEqual(["1"]);
    entries.set("topic", [1]);
    expect(names(entries)).toEqual(["1", "2", "3"]);
  });

  test("may ask for the number of a choice", () => {
    const [second] = FORM.Screens ?? [];
    const byNumber = { ...FORM, Screens: [...(FORM.Screens ?? [])] };
    byNumber.Screens[0] = { ...second, ConditionText: "7" };
    expect(shownScreens(byNumber, new Map([["topic", [1]]])).map((one) => one.ScreenId)).toEqual([
      "1",
      "2",
    ]);
  });
});

describe("complaints", () => {
  const screen = FORM.Screens?.[0] ?? {};
  test.each<[Entry | undefined, string[]]>([
    [undefined, ["form_missing"]],
    ["  ", ["form_missing"]],
    ["7.5", ["form_number"]],
    ["seven", ["form_number"]],
    ["99999999999", ["form_number"]],
    ["1001", ["form_most"]],
    ["1000", []],
    ["-3", []],
  ])("a number: %s", (entry, expected) => {
    const entries = new Map(entry === undefined ? [] : [["pieces", entry]]);
    expect(complaints(screen, entries).map((one) => one.kind)).toEqual(expected);
  });

  test("a choice that is needed", () => {
    const first = FORM.Screens?.[1] ?? {};
    expect(
      complaints(first, new Map([["topic", []]])).map((one) => one.control.ScreenControlId),
    ).toEqual(["topic"]);
  });
});

test("what comes of it has the member that each control takes", () => {
  const entries = new Map<string, Entry>([
    ["topic", [1]],
    ["radio", [0]],
    ["pieces", " 7 "],
    ["wishes", [0, 1]],
    ["day", "2026-12-24"],
    ["hour", "14:30"],
    ["moment", "2026-12-24T14:30"],
    ["more", " Thanks "],
  ]);
  const result = resultOf(FORM, shownScreens(FORM, entries), entries, "key");
  expect(result.ScenarioResultId).toBe("key");
  expect(result.Values).toEqual([
    { ScreenControlId: "topic", ResultText: "sales", ResultNumber: 7 },
    { ScreenControlId: "radio", ResultText: "yes" },
    { ScreenControlId: "pieces", ResultNumber: 7 },
    { ScreenControlId: "wishes", ResultText: "cheap" },
    { ScreenControlId: "wishes", ResultText: "speed", ResultNumber: 2 },
    { ScreenControlId: "day", ResultTime: "2026-12-24T00:00:00Z" },
    { ScreenControlId: "hour", ResultTime: "1970-01-01T14:30:00Z" },
    {
      ScreenControlId: "moment",
      ResultTime: new Date("2026-12-24T14:30").toISOString().replace(".000", ""),
    },
    { ScreenControlId: "more", ResultText: "Thanks" },
  ]);
});

describe("what the page told", () => {
  const [second, first] = FORM.Screens ?? [];
  const asked = (screen: typeof first, known: Record<string, string>) =>
    askedOf(screen ?? {}, known).map((one) => one.ScreenControlId);

  test("is not asked, by label or column, whatever its letters", () => {
    const known = { Topic: "sales", PIECES: "7", Column: "x", other: "y" };
    expect(asked(first, known)).toEqual(["radio"]);
    expect(asked(second, known).slice(0, 2)).toEqual(["note", "wishes"]);
    const named = control("c", "TextArea", { TargetColumn: "column" });
    expect(toldOf(named, known)).toBe("x");
    const result = resultOf(
      FORM,
      shownScreens(FORM, initial(FORM, known)),
      initial(FORM, known),
      "id",
    );
    expect(result.Values?.map((one) => one.ScreenControlId)).toEqual(["topic", "pieces"]);
  });

  test("is asked all the same when it does not fit", () => {
    expect(asked(first, { topic: "nothing of these" })).toEqual(["topic", "radio"]);
    expect(asked(second, { pieces: "1001", note: "x", day: "2026-01-01" })).toHaveLength(7);
  });

  test("may be all of a screen, which is then not shown", () => {
    expect(asked(first, { topic: "support", radio: "yes" })).toEqual([]);
    expect(asked({ Controls: [control("hint", "LabelOnly")] }, {})).toEqual(["hint"]);
  });
});
