/** What is wanted rarely: attachments, emoji, a sound, the conversation to be kept or printed. */

import { download, upload } from "../../client/src/blobs.ts";
import type { Line } from "./model.ts";
import { ring } from "./sound.ts";
import type { Template, Values } from "./template.ts";
import { isRightToLeft, type Texts, timeText } from "./texts.ts";

/** The lines with their times and names, each member as a text. */
function rows(lines: readonly Line[], texts: Texts): Values[] {
  return lines.map(({ time, mine, isNote, name, text, attachments }) => ({
    time: time ? timeText(time, texts.language, { dateStyle: "short", timeStyle: "short" }) : "",
    name: isNote ? "" : mine ? texts.chat_you : name || texts.chat_us,
    text,
    files: attachments.map((file) => file.Name ?? "?").join(", "),
  }));
}

/** The conversation as a text. */
export function transcript(lines: readonly Line[], texts: Texts): string {
  return rows(lines, texts)
    .map(({ time, name, text, files }) => {
      const who = name ? `${name}: ` : "";
      return `${time ? `${time} ` : ""}${who}${text}${files ? ` [${files}]` : ""}`;
    })
    .join("\n");
}

const PRINTED_CSS =
  "body { font: 12pt/1.5 sans-serif; margin: 2cm } pre { font: inherit; white-space: pre-wrap }";

/**
 * Open a page to be printed or kept as PDF, as the site's template has it, if it has one for that. It has
 * no script and no inline style, whatever its policy is.
 */
export function print(
  lines: readonly Line[],
  texts: Texts,
  template: Template | undefined,
  words: Values,
): void {
  const page = window.open("", "_blank") as (Window & typeof globalThis) | null;
  if (page === null) return;
  const { document } = page;
  document.title = texts.chat_title;
  document.documentElement.lang = texts.language;
  document.documentElement.dir = isRightToLeft(texts.language) ? "rtl" : "ltr";
  const sheet = new page.CSSStyleSheet();
  if (template?.has("transcript")) {
    const line = rows(lines, texts);
    const printed = timeText(new Date().toISOString(), texts.language, { dateStyle: "long" });
    const values = { ...words, begun: line[0]?.time ?? "", printed };
    document.body.append(template.fill("transcript", values, { line }));
    const own = [...template.sheet.cssRules].map((rule) => rule.cssText);
    sheet.replaceSync([PRINTED_CSS, ...own].join("\n"));
  } else {
    const [heading, body] = [document.createElement("h1"), document.createElement("pre")];
    heading.textContent = texts.chat_title;
    body.textContent = transcript(lines, texts);
    document.body.append(heading, body);
    sheet.replaceSync(PRINTED_CSS);
  }
  document.adoptedStyleSheets = [sheet];
  page.print();
}

/** Give the visitor a file. */
export function saveAs(data: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const EMOJI = "😀 😄 😂 🙂 😉 😍 😘 🤔 😎 😢 😭 😡 👍 👎 👏 🙏 💪 👋 ❤️ 🎉 ✅ ❌ ⭐ 🔥".split(" ");

/** Fill a place with emoji to choose from. */
export function emojis(place: Element, pick: (emoji: string) => void): void {
  const buttons = EMOJI.map((emoji) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = emoji;
    button.addEventListener("click", () => pick(emoji));
    return button;
  });
  place.replaceChildren(...buttons);
  buttons[0]?.focus();
}

export const EXTRAS = { download, emojis, print, ring, saveAs, transcript, upload };
export type Extras = typeof EXTRAS;

if (typeof window !== "undefined") Object.assign(window.Parley ?? {}, { extras: EXTRAS });
