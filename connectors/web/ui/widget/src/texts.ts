/** What the widget says, in the languages that it has; a site's literals (group 102) take their place. */

import type en from "../texts/en.json";
import { TryAgain } from "./api.ts";

export type TextName = keyof typeof en;
export type Texts = Readonly<Record<TextName, string>>;

/** The languages that have a file, besides English, which stands in for all others. */
const LANGUAGES: ReadonlySet<string> = new Set(["ar", "cs", "de"]);

/** Texts by name, as they come. */
export type Literals = Readonly<Record<string, unknown>> | null | undefined;

/** The texts of a page: the site's where it has some, else ours. */
export function textsOf(literals: Literals, ours: Literals): Texts {
  const texts = { ...ours } as Record<TextName, string>;
  for (const [name, text] of Object.entries(literals ?? {})) {
    if (typeof text === "string") texts[name as TextName] = text;
  }
  return texts;
}

/** Which of our languages is meant by a culture. */
export function languageOf(culture: string): string {
  const [language = ""] = culture.toLowerCase().split(/[-_]/);
  return LANGUAGES.has(language) ? language : "en";
}

/** Fetch ours of a language. */
export async function fetchTexts(base: string, culture: string): Promise<Literals> {
  const answer = await fetch(`${base}texts.${languageOf(culture)}.json`);
  if (!answer.ok) throw new TryAgain(5);
  return answer.json();
}

/** Put values where a text has names in braces. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** Whether a language is written from right to left. */
export function isRightToLeft(culture: string): boolean {
  return /^(ar|fa|he|ur|yi|ps|sd|ug|dv)(?![a-z])/i.test(culture);
}

/** A time as people of a language write it; empty: it is none. */
export function timeText(
  time: string,
  culture: string,
  how: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" },
): string {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return "";
  try {
    return moment.toLocaleString(culture || undefined, how);
  } catch {
    return moment.toLocaleString(undefined, how); // a language that no browser knows
  }
}
