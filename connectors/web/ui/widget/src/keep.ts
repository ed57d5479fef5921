/** What a browser keeps for a visitor: as good as it can, since a browser may keep nothing. */

/** A line that has no echo yet. */
export interface Pending {
  readonly id: string;
  readonly text: string;
}

/** A place in a conversation. */
export interface Seen {
  readonly chat: string;
  readonly counter: number;
}

/** The part of `Storage` that is needed. */
export type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** What is kept for one site, under names of its own. */
export class Keep {
  readonly #shelf: Shelf | undefined;
  readonly #site: string;

  constructor(site: string, shelf: () => Shelf) {
    this.#site = site;
    try {
      this.#shelf = shelf();
    } catch {
      this.#shelf = undefined; // a browser that keeps nothing
    }
  }

  /** The visitor's token, on a foreign page. */
  get token(): string {
    return this.#get("token") ?? "";
  }

  set token(token: string) {
    this.#set("token", token);
  }

  /** The line that was begun and not sent. */
  get draft(): string {
    return this.#get("draft") ?? "";
  }

  set draft(text: string) {
    this.#set("draft", text);
  }

  /** Whether the visitor has the chat open. */
  get isOpen(): boolean {
    return this.#get("open") === "1";
  }

  set isOpen(isOpen: boolean) {
    this.#set("open", isOpen ? "1" : "");
  }

  /** Whether the visitor wants no sound. */
  get isMuted(): boolean {
    return this.#get("muted") === "1";
  }

  set isMuted(isMuted: boolean) {
    this.#set("muted", isMuted ? "1" : "");
  }

  /** Whether no socket could be had from here. */
  get isPolling(): boolean {
    return this.#get("polling") === "1";
  }

  set isPolling(isPolling: boolean) {
    this.#set("polling", isPolling ? "1" : "");
  }

  /** Up to which line the visitor has seen a conversation, in whichever tab. */
  get seen(): Seen {
    return this.#placeOf("seen");
  }

  set seen(place: Seen) {
    this.#set("seen", `${place.chat} ${place.counter}`);
  }

  /** Up to which line something was shown beside the button, in whichever tab. */
  get peeked(): Seen {
    return this.#placeOf("peeked");
  }

  set peeked(place: Seen) {
    this.#set("peeked", `${place.chat} ${place.counter}`);
  }

  #placeOf(name: string): Seen {
    const [chat = "", counter = ""] = (this.#get(name) ?? "").split(" ");
    return { chat, counter: Number(counter) || 0 };
  }

  /** When the visitor declined to be helped, in milliseconds. */
  get declined(): number {
    return Number(this.#get("declined")) || 0;
  }

  set declined(when: number) {
    this.#set("declined", String(when));
  }

  /** The line for which a sound was made, in whichever tab. */
  get rung(): string {
    return this.#get("rung") ?? "";
  }

  set rung(id: string) {
    this.#set("rung", id);
  }

  /** Lines without an echo. */
  get pending(): Pending[] {
    try {
      const found: unknown = JSON.parse(this.#get("pending") ?? "[]");
      return Array.isArray(found) ? found.filter(isPending) : [];
    } catch {
      return [];
    }
  }

  set pending(lines: readonly Pending[]) {
    this.#set("pending", lines.length > 0 ? JSON.stringify(lines) : "");
  }

  #get(name: string): string | null {
    try {
      return this.#shelf?.getItem(`parley.${this.#site}.${name}`) ?? null;
    } catch {
      return null;
    }
  }

  #set(name: string, value: string): void {
    try {
      if (value === "") this.#shelf?.removeItem(`parley.${this.#site}.${name}`);
      else this.#shelf?.setItem(`parley.${this.#site}.${name}`, value);
    } catch {
      // Full, or forbidden since: it is then as if nothing had been kept.
    }
  }
}

function isPending(one: unknown): one is Pending {
  const { id, text } = (one ?? {}) as Partial<Pending>;
  return typeof id === "string" && typeof text === "string";
}
