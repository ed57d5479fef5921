/** What is wanted rarely: attachments, the conversation as a text, to be kept or printed. */

import { download, upload } from "../../client/src/blobs.ts";
import type { Line } from "./model.ts";
import { isRightToLeft, type Texts, timeText } from "./texts.ts";

/** The lines with their times and names. */
export function transcript(lines: readonly Line[], texts: Texts): string {
  return lines
    .map(({ time, mine, isNote, name, text, attachments }) => {
      const who = isNote ? "" : `${mine ? texts.chat_you : name || texts.chat_us}: `;
      const files = attachments.map((file) => ` [${file.Name ?? "?"}]`).join("");
      const when = time
        ? `${timeText(time, texts.language, { dateStyle: "short", timeStyle: "short" })} `
        : "";
      return `${when}${who}${text}${files}`;
    })
    .join("\n");
}

/** Open a page to be printed or kept as PDF; it has no script and no inline style, whatever its policy is. */
export function print(text: string, texts: Texts): void {
  const page = window.open("", "_blank") as (Window & typeof globalThis) | null;
  if (page === null) return;
  const { document } = page;
  document.title = texts.chat_title;
  document.documentElement.lang = texts.language;
  document.documentElement.dir = isRightToLeft(texts.language) ? "rtl" : "ltr";
  const [heading, body] = [document.createElement("h1"), document.createElement("pre")];
  heading.textContent = texts.chat_title;
  body.textContent = text;
  document.body.append(heading, body);
  const sheet = new page.CSSStyleSheet();
  sheet.replaceSync(
    "body { font: 12pt/1.5 sans-serif; margin: 2cm } pre { font: inherit; white-space: pre-wrap }",
  );
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

export const EXTRAS = { download, print, saveAs, transcript, upload };
export type Extras = typeof EXTRAS;

if (typeof window !== "undefined") Object.assign(window.Parley ?? {}, { extras: EXTRAS });
