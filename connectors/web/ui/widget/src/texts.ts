/** What the widget says: the web process tells it in the visitor's language, a site's own wording before ours. */

import type en from "../../../texts/en.json";

/** A text by its name; `language` says in which language they are. */
export type TextName = keyof typeof en | "language";
export type Texts = Readonly<Record<TextName, string>>;

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
