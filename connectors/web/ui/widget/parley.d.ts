/** What a page may say to the chat of Parley, and hear of it. */

/** What is told of an event, whatever it is. */
export interface ParleyEvent<D = Record<string, unknown>> {
  /** A name of its own. */
  readonly id: string;
  /** Its place among all events of this page. */
  readonly seq: number;
  readonly type: string;
  /** When it happened, as RFC 3339 has it. */
  readonly createdAt: string;
  readonly detail: Readonly<D>;
}

export interface ParleyEvents {
  /** This page has a chat. */
  ready: Record<string, never>;
  /** Whether somebody is there: `Free`, `Busy`, `Closed`, `Hidden`; null: this page has no chat. */
  status: { signal: string | null };
  open: Record<string, never>;
  close: Record<string, never>;
  show: Record<string, never>;
  hide: Record<string, never>;
  /** A conversation runs: a new one, or one of before. */
  started: { isNew: boolean };
  ended: Record<string, never>;
  /** The visitor is offered help. */
  invited: Record<string, never>;
  message: { from: "visitor" | "agent" | "system"; text: string; id: string };
  agent: { name: string };
  typing: { isTyping: boolean };
  unread: { count: number };
  connection: { state: "connecting" | "ready" | "offline" | "away" };
  /** A form was filled in. */
  form: { form: string };
  /** A message was left while nobody was there. */
  left: Record<string, never>;
  /** The visitor wishes to be called. */
  wished: Record<string, never>;
  identified: Record<string, never>;
  loggedout: Record<string, never>;
}

export interface ParleyCommands {
  open(): void;
  close(): void;
  toggle(): void;
  show(): void;
  hide(): void;
  /** Say something in the visitor's name. */
  send(text: string): void;
  /** Who the visitor is: a JWT that the site's own server signed. */
  identify(jwt: string): void;
  logout(): void;
  setLocale(culture: string): void;
  setTheme(theme: "light" | "dark" | ""): void;
  /** What the agent is to know of the visitor; `name` is what they are called. Forms do not ask for it again. */
  setAttributes(attributes: Record<string, string>): void;
  /** Stand in an element of the page, by its id; empty: float at the edge. */
  embed(target: string): void;
  /** The page is another one now, without having been loaded. */
  pageChanged(url?: string, title?: string): void;
  /** Take the chat off the page. */
  destroy(): void;
}

type Args<C extends keyof ParleyCommands> = Parameters<ParleyCommands[C]>;

export interface Parley {
  /** Do a command; one that comes too early waits. */
  call<C extends keyof ParleyCommands>(command: C, ...args: Args<C>): unknown;
  /** Hear of events of one type until what this gives is called; `*` is all of them. */
  on<T extends keyof ParleyEvents>(
    type: T,
    listener: (event: ParleyEvent<ParleyEvents[T]>) => void,
  ): () => void;
  on(type: "*", listener: (event: ParleyEvent) => void): () => void;
  push(queued: ParleyQueued): void;
}

/** What may be put into the array `Parley` before the script is there. */
export type ParleyQueued =
  | { [C in keyof ParleyCommands]: [C, ...Args<C>] }[keyof ParleyCommands]
  | ["on", string, (event: ParleyEvent) => void]
  | ((parley: Parley) => void);

declare global {
  interface Window {
    Parley?: Parley | ParleyQueued[];
  }
}
