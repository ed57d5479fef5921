/** A form that is filled in: which screens are shown, what is missing, what comes of it (W-47). */

import type {
  ScenarioInfo,
  ScenarioResultInfo,
  ScenarioResultValueInfo,
  ScreenControlInfo,
  ScreenControlParameterInfo,
  ScreenInfo,
} from "../../client/src/protocol.ts";

/** What stands in a control: a text, or the places of the choices that are taken. */
export type Entry = string | readonly number[];
export type Entries = ReadonlyMap<string, Entry>;

export interface Complaint {
  readonly control: ScreenControlInfo;
  readonly kind: "form_missing" | "form_number" | "form_most";
}

const byRank = (one: { Rank?: number | null }, other: { Rank?: number | null }) =>
  (one.Rank ?? 0) - (other.Rank ?? 0);

export const controlsOf = (screen: ScreenInfo): ScreenControlInfo[] =>
  [...(screen.Controls ?? [])].sort(byRank);
export const choicesOf = (control: ScreenControlInfo): ScreenControlParameterInfo[] =>
  [...(control.Parameters ?? [])].sort(byRank);
export const idOf = (control: ScreenControlInfo): string => control.ScreenControlId ?? "";

const isChoice = (control: ScreenControlInfo): boolean =>
  ["DropDown", "RadioButtons", "CheckBoxes"].includes(control.ControlType ?? "");

/** What the page told, by the name of a column or the label of a control. */
export type Known = Readonly<Record<string, string>>;

/** What a control need not ask, since the page told it. */
export function toldOf(control: ScreenControlInfo, known: Known): Entry | undefined {
  const names = [control.TargetColumn, control.DisplayName].map((one) => one?.toLowerCase());
  const told = Object.entries(known).find(([name]) => names.includes(name.toLowerCase()));
  if (told === undefined || control.ControlType === "LabelOnly") return undefined;
  const [text] = [told[1].trim()];
  if (isChoice(control)) {
    const place = choicesOf(control).findIndex((one) =>
      [one.ResultText, one.DisplayName].includes(text),
    );
    return place < 0 ? undefined : [place];
  }
  const isFitting =
    complaints({ Controls: [control] }, new Map([[idOf(control), text]])).length === 0;
  const isTime = /^(Date|Time|DateTime)$/.test(control.ControlType ?? "");
  return text !== "" && isFitting && !isTime ? text : undefined;
}

/** The controls of a screen that are shown; none when the page told all that it asks. */
export function askedOf(screen: ScreenInfo, known: Known): ScreenControlInfo[] {
  const all = controlsOf(screen);
  const left = all.filter((control) => toldOf(control, known) === undefined);
  const isLabel = (control: ScreenControlInfo) => control.ControlType === "LabelOnly";
  return left.length === all.length || !left.every(isLabel) ? left : [];
}

/** What stands in a form before anybody has touched it. */
export function initial(form: ScenarioInfo, known: Known = {}): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const control of (form.Screens ?? []).flatMap(controlsOf)) {
    const told = toldOf(control, known);
    if (told !== undefined) entries.set(idOf(control), told);
    if (told !== undefined || !isChoice(control)) continue;
    const chosen = choicesOf(control).flatMap((one, place) => (one.DefaultItem ? [place] : []));
    entries.set(idOf(control), control.ControlType === "CheckBoxes" ? chosen : chosen.slice(0, 1));
  }
  return entries;
}

/** The screens that are shown, given what was filled in so far; what is not shown decides nothing. */
export function shownScreens(form: ScenarioInfo, entries: Entries): ScreenInfo[] {
  const said = new Map<string, string[]>();
  const shown: ScreenInfo[] = [];
  for (const screen of [...(form.Screens ?? [])].sort(byRank)) {
    const decides = screen.ConditionScreenControlId ?? null;
    const isMet = decides === null || said.get(decides)?.includes(screen.ConditionText ?? "");
    if (!isMet) continue;
    shown.push(screen);
    for (const control of controlsOf(screen)) {
      said.set(idOf(control), valuesOf(control, entries).flatMap(textsOf));
    }
  }
  return shown;
}

/** What is wrong with what stands on a screen. */
export function complaints(screen: ScreenInfo, entries: Entries): Complaint[] {
  return controlsOf(screen).flatMap((control): Complaint[] => {
    const entry = entries.get(idOf(control));
    const isEmpty = typeof entry === "string" ? entry.trim() === "" : !entry?.length;
    if (isEmpty) {
      const isNeeded = control.MandatoryField && control.ControlType !== "LabelOnly";
      return isNeeded ? [{ control, kind: "form_missing" }] : [];
    }
    if (control.ControlType !== "Integer") return [];
    const number = Number(entry);
    if (!Number.isInteger(number) || Math.abs(number) >= 2 ** 31) {
      return [{ control, kind: "form_number" }];
    }
    const most = control.ControlNumber ?? number;
    return number > most ? [{ control, kind: "form_most" }] : [];
  });
}

/** What was filled in, as the broker takes it. */
export function resultOf(
  form: ScenarioInfo,
  screens: readonly ScreenInfo[],
  entries: Entries,
  resultId: string,
): ScenarioResultInfo {
  const Values = screens.flatMap(controlsOf).flatMap((control) => valuesOf(control, entries));
  return { ScenarioId: form.ScenarioId, ScenarioResultId: resultId, Values };
}

function valuesOf(control: ScreenControlInfo, entries: Entries): ScenarioResultValueInfo[] {
  const entry = entries.get(idOf(control));
  const ScreenControlId = idOf(control);
  if (typeof entry !== "string") {
    const choices = choicesOf(control);
    return (entry ?? []).flatMap((place) => {
      const choice = choices[place];
      if (choice === undefined) return [];
      const number = choice.ResultNumber ?? null;
      const ResultText = choice.ResultText ?? choice.DisplayName;
      return [
        { ScreenControlId, ResultText, ...(number === null ? {} : { ResultNumber: number }) },
      ];
    });
  }
  const text = entry.trim();
  if (text === "") return [];
  if (control.ControlType === "Integer") return [{ ScreenControlId, ResultNumber: Number(text) }];
  const time = timeOf(control.ControlType ?? "", text);
  if (time !== undefined) return [{ ScreenControlId, ResultTime: time }];
  return [{ ScreenControlId, ResultText: text }];
}

/** A day and an hour go as they were written, a moment as it is in UTC. */
function timeOf(kind: string, text: string): string | undefined {
  if (kind === "Date") return `${text}T00:00:00Z`;
  if (kind === "Time") return `1970-01-01T${text.length === 5 ? `${text}:00` : text}Z`;
  return kind === "DateTime" ? new Date(text).toISOString().replace(".000", "") : undefined;
}

/** What a value says, in every way in which a condition may ask for it. */
function textsOf({ ResultText, ResultTime, ResultNumber }: ScenarioResultValueInfo): string[] {
  return [ResultText, ResultTime, ResultNumber].flatMap((one) => (one == null ? [] : String(one)));
}
