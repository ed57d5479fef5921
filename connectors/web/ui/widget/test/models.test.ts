/** Forms of the REST interface, as they are drawn and as they go back. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resultOf, shownScreens } from "../src/form.ts";
import { resultModel, scenarioOf } from "../src/models.ts";
import { ATTRIBUTES, ELEMENTS } from "../src/template.ts";

const control = (ControlId: string, ScreenRank: number, ControlType: string) => ({
  ControlId,
  ScreenRank,
  ControlType,
  DisplayName: ControlId,
  Parameters: [],
});
const MODEL = {
  ScenarioId: "f",
  DisplayName: "A form",
  Controls: [
    control("topic", 1, "TextArea"),
    control("pieces", 2, "Integer"),
    control("name", 2, "TextArea"),
  ],
  Screens: [
    { Rank: 1, DisplayName: "One", FinishButton: true },
    { Rank: 2, DisplayName: "Two", ConditionControlId: "topic", ConditionText: "buy" },
  ],
};

test("controls stand on their screens, with the conditions of these", () => {
  const form = scenarioOf(MODEL);
  const names = (form.Screens ?? []).map((screen) =>
    (screen.Controls ?? []).map((one) => one.ScreenControlId),
  );
  expect(names).toEqual([["topic"], ["pieces", "name"]]);
  expect(shownScreens(form, new Map([["topic", "ask"]]))).toHaveLength(1);
  expect(shownScreens(form, new Map([["topic", "buy"]]))).toHaveLength(2);
});

test("screens that are not told are made of the controls", () => {
  const { Screens: _, ...bare } = MODEL;
  expect((scenarioOf(bare).Screens ?? []).map((one) => one.Controls?.length)).toEqual([1, 2]);
  expect(scenarioOf({}).Screens).toEqual([]);
});

test("what was filled in goes back by the names of the interface", () => {
  const form = scenarioOf(MODEL);
  const entries = new Map([
    ["topic", "buy"],
    ["pieces", "7"],
  ]);
  const result = resultOf(form, shownScreens(form, entries), entries, "key");
  expect(resultModel(result)).toEqual({
    ScenarioId: "f",
    ResultId: "key",
    Values: [
      { ControlId: "topic", ResultText: "buy" },
      { ControlId: "pieces", ResultNumber: 7 },
    ],
  });
});

test("a template may have here what the web process lets through, and no more", () => {
  const python = readFileSync(new URL("../../../templates.py", import.meta.url), "utf8");
  const listed = (name: string) => {
    const [, body = ""] = python.split(`${name}: Final = re.compile(`);
    const texts = body.split("\n)\n")[0]?.match(/"([^"]*)"/g) ?? [];
    return texts.map((text) => text.slice(1, -1)).join("");
  };
  expect(ELEMENTS.source).toBe(`^(${listed("ELEMENTS")})$`);
  expect(ATTRIBUTES.source).toBe(`^(${listed("_ATTRIBUTES")})$`);
  for (const name of ["script", "style", "img", "iframe", "form", "use", "foreignObject"]) {
    expect(ELEMENTS.test(name), name).toBe(false);
  }
  for (const name of ["onclick", "style", "id", "src", "href", "xlink:href"]) {
    expect(ATTRIBUTES.test(name), name).toBe(false);
  }
});
