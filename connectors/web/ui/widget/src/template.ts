/**
 * Templates of a site: loaded where it has one. The web process has checked it; whatever comes, nothing is
 * taken over here but harmless elements, and what is filled in is text.
 */

import { safeHref } from "./links.ts";
import { filled } from "./texts.ts";

/** What takes the place of names in braces. */
export type Values = Readonly<Record<string, string>>;

/** What one may fill. */
export interface Template {
  /** The site's own style; it fetches nothing. */
  readonly sheet: CSSStyleSheet;
  has(part: string): boolean;
  /** Make a part; `each` has the values of what comes several times. */
  fill(part: string, values: Values, each?: Readonly<Record<string, readonly Values[]>>): Node;
}

export const ELEMENTS =
  /^(a|abbr|address|article|aside|b|bdi|blockquote|br|code|dd|div|dl|dt|em|footer|h[2-4]|header|hr|i|li|main|nav|ol|p|pre|section|small|span|strong|sub|sup|table|tbody|td|th|thead|time|tr|ul|svg|g|path|circle|rect|line)$/;
export const ATTRIBUTES =
  /^(class|title|lang|dir|role|aria-[a-z]+|data-(part|slot|each)|start|colspan|rowspan|scope|datetime|viewbox|d|cx|cy|r|x|y|rx|ry|x1|x2|y1|y2|width|height|fill|stroke|stroke-(width|linecap|linejoin)|transform)$/i;

/** Read a template. */
export function template(html: string): Template {
  const sheet = new CSSStyleSheet();
  // A page may forbid styles in documents, even in one that is never shown.
  const bare = html.replace(/<style>([\s\S]*?)<\/style>/i, (_, css: string) => {
    sheet.replaceSync(css);
    return "";
  });
  // The document is inert: nothing in it is run or fetched, and only what is known is taken from it.
  const { body } = new DOMParser().parseFromString(`<body>${bare}`, "text/html");
  const find = (part: string) => body.querySelector(`:scope > [data-part="${part}"]`);
  return {
    sheet,
    has: (part) => find(part) !== null,
    fill: (part, values, each = {}) => copied(find(part), values, each) ?? new Text(),
  };
}

/** The same element with the values in it; null where it has no place here. */
function copied(
  from: Element | null,
  values: Values,
  each: Readonly<Record<string, readonly Values[]>>,
): Element | null {
  if (from === null || !ELEMENTS.test(from.localName)) return null;
  const to = document.createElementNS(from.namespaceURI, from.localName);
  for (const { name, value } of from.attributes) {
    if (name === "href") lead(to, filled(value, values));
    else if (ATTRIBUTES.test(name)) to.setAttribute(name, filled(value, values));
  }
  for (const child of from.childNodes) {
    if (child instanceof Text) to.append(filled(child.data, values));
    if (!(child instanceof Element)) continue;
    const rows = each[child.getAttribute("data-each") ?? ""] ?? [{}];
    to.append(...rows.flatMap((row) => copied(child, { ...values, ...row }, each) ?? []));
  }
  return to;
}

function lead(to: Element, address: string): void {
  const href = safeHref(address);
  if (href === undefined || to.localName !== "a") return;
  to.setAttribute("href", href);
  to.setAttribute("target", "_blank");
  to.setAttribute("rel", "noopener noreferrer");
}

if (typeof window !== "undefined") Object.assign(window.Parley ?? {}, { template });
