/** Text is text: what of it may be followed as a link, and nothing else of it means anything. */

export interface Piece {
  readonly text: string;
  /** Where it leads; undefined: it is text alone. */
  readonly href?: string;
}

/** Each part is bounded or begins at an edge: so a text takes time in proportion, whatever it is. */
const FOUND =
  /(?:https?:\/\/|mailto:|tel:)[^\s<>"'`]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/gi;
const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:", "tel:"]);
/** What ends a sentence around a link belongs to the sentence. */
const TAIL = ".,;:!?)]}'\"*_";

/** An address if one may follow it: http, https, mailto and tel, and no other. */
export function safeHref(text: string): string | undefined {
  try {
    const url = new URL(text);
    return SCHEMES.has(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Cut a text into what may be followed and what is text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(FOUND)) {
    const word = trimmed(match[0]);
    const href = safeHref(word.includes(":") ? word : `mailto:${word}`);
    if (href === undefined) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: word, href });
    at = match.index + word.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

function trimmed(word: string): string {
  let end = word.length;
  while (end > 0 && TAIL.includes(word.charAt(end - 1))) end -= 1;
  const head = word.slice(0, end);
  // A bracket that was opened in the link is part of it.
  return word.charAt(end) === ")" && head.includes("(") ? `${head})` : head;
}
