/** What the launcher hands to the chat, which is loaded when somebody needs it. */

import type { Routing, Site } from "./api.ts";
import type { About } from "./model.ts";
import type { Texts } from "./texts.ts";

/** The settings of the script tag and of the site. */
export interface Options {
  culture: string;
  userToken: string;
  /** `light`, `dark`, or empty: as the visitor's system. */
  theme: string;
  accent: string;
  position: string;
  /** The element of the page that it stands in; empty: it floats. */
  target: string;
}

export interface Context {
  readonly site: Site;
  readonly options: Options;
  /** Where the chat is drawn. */
  readonly root: ShadowRoot;
  readonly texts: () => Texts;
  /** Load a part that is wanted rarely; it is then a member of what this gives. */
  readonly part: (name: string) => Promise<object>;
  /** What the script tag says, else the site's settings. */
  readonly setting: (name: string) => string;
  readonly about: () => About;
  /** What this page is to show. */
  readonly routing: () => Routing | null;
  /** Whether it stands in an element of the page, open at all times. */
  readonly isInline: () => boolean;
  readonly page: () => { url: string; title: string };
  readonly emit: (type: string, detail: Record<string, unknown>) => void;
  /** The visitor takes up an invitation. */
  readonly accepted: () => void;
  /** The focus goes to the button. */
  readonly focus: () => void;
  /** The chat was closed by the visitor: the focus goes back to where it came from. */
  readonly closed: () => void;
}

/** The chat, as the launcher drives it. */
export interface ChatUi {
  /** Show it; `mayFocus`: the visitor asked for it, so the focus goes there. */
  open(mayFocus: boolean): void;
  close(): void;
  send(text: string): void;
  /** Offer a conversation for so many seconds, unless that was declined so many seconds ago. */
  invite(seconds: number, honoured: number): void;
  navigate(url: string, title: string): void;
  /** Whether somebody is there: `Free`, `Busy`, `Closed`; it may be news. */
  look(signal: string | null | undefined): void;
  /** Settings or texts are others now. */
  restyle(): void;
  /** The visitor is somebody else now. */
  reconnect(): void;
  destroy(): void;
}

export type ChatFactory = (context: Context) => ChatUi;
