/** What the widget says: what is so small that the launcher has it, and how texts are found. */

/** What the launcher says. */
export const LAUNCHER_TEXTS = {
  chat_title: "Talk to us",
  chat_closed: "Nobody is here at the moment.",
  chat_busy: "All of us are busy just now. You can write, and we answer as soon as we can.",
  chat_free: "We are here.",
  chat_unread: "{count} new",
};

/** The languages that have a file of their own, besides English. */
const LANGUAGES: ReadonlySet<string> = new Set(["ar", "cs", "de"]);

/** Texts by name, as they come. */
export type Literals = Readonly<Record<string, unknown>> | null | undefined;

/** The texts of a page: the site's where it has some, else ours in its language, else in English. */
export function textsOf<T extends object>(english: T, literals: Literals, ours?: Literals): T {
  const known = Object.entries({ ...ours, ...literals }).filter(
    ([name, text]) => Object.hasOwn(english, name) && typeof text === "string",
  );
  return { ...english, ...Object.fromEntries(known) };
}

/** Fetch ours of a language; English needs nothing, and stands in for what cannot be had. */
export async function fetchTexts(base: string, culture: string): Promise<Literals> {
  const language = culture.slice(0, 2).toLowerCase();
  const isOurs = LANGUAGES.has(language) && !/^[a-z]{3}/i.test(culture);
  if (!isOurs) return null;
  const answer = await fetch(`${base}texts.${language}.json`).catch(() => undefined);
  return answer?.ok ? answer.json().catch(() => null) : null;
}

/** Put values where a text has names in braces. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
