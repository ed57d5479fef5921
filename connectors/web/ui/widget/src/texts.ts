/** What the widget says, in the languages that it has; a site's literals (group 102) take their place. */

const EN = {
  chat_title: "Talk to us",
  chat_open: "Open the chat",
  chat_close: "Close the chat",
  chat_closed: "Nobody is here at the moment.",
  chat_busy: "All of us are busy just now. You can write, and we answer as soon as we can.",
  chat_free: "We are here.",
  chat_unread: "{count} new",
  chat_write: "Write a message",
  chat_send: "Send",
  chat_waiting: "Please wait a moment: we are looking for somebody for you.",
  chat_with: "You talk with {name}.",
  chat_ended: "This conversation has ended.",
  chat_again: "Start a new conversation",
  chat_end: "End the conversation",
  chat_typing: "{name} is typing",
  chat_you: "You",
  chat_us: "We",
  chat_connecting: "Connecting …",
  chat_offline: "No connection. We keep trying; what you write is sent as soon as it is back.",
  chat_away:
    "Our side is not there just now. What you write is kept and sent as soon as it is back.",
  chat_log: "Conversation",
  chat_attach: "Attach a file",
  chat_emoji: "Insert an emoji",
  file_save: "Save {name}",
  file_bad: "is not given out",
  line_sending: "on its way",
  line_stored: "sent",
  line_delivered: "delivered",
  line_failed: "not sent: {why}",
  line_retry: "Try again",
  line_withdraw: "Discard",
  form_next: "Next",
  form_back: "Back",
  form_send: "Begin the chat",
  form_save: "Send",
  form_choose: "Please choose",
  form_mandatory: "needed",
  form_missing: "Please fill in: {name}",
  form_number: "Please give a whole number: {name}",
  form_most: "{name}: at most {most}",
  form_refused: "That could not be taken: {why}",
};

export type TextName = keyof typeof EN;
export type Texts = Readonly<Record<TextName, string>>;

/** The languages that have a file of their own, besides English. */
const LANGUAGES: ReadonlySet<string> = new Set(["ar", "cs", "de"]);

/** Texts by name, as they come. */
export type Literals = Readonly<Record<string, unknown>> | null | undefined;

/** The texts of a page: the site's where it has some, else ours in its language, else in English. */
export function textsOf(literals: Literals, ours?: Literals): Texts {
  const known = Object.entries({ ...ours, ...literals }).filter(
    ([name, text]) => Object.hasOwn(EN, name) && typeof text === "string",
  );
  return { ...EN, ...Object.fromEntries(known) };
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

/** Whether a language is written from right to left. */
export function isRightToLeft(culture: string): boolean {
  return /^(ar|fa|he|ur|yi|ps|sd|ug|dv)(?![a-z])/i.test(culture);
}
