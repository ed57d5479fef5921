/** The catching up after a connection was lost: lists, then a snapshot of each chat in doubt (W-25). */

import type { ChatRef } from "./events.ts";
import type { ChatCommandInfo } from "./protocol.ts";

export type Question =
  | { readonly list: ChatCommandInfo; readonly ref?: undefined }
  | { readonly ref: ChatRef; readonly list?: undefined };

/** The lists and snapshots that are wanted, each once at a time, and few at a time. */
export class Resync {
  readonly #window: number;
  readonly #doubts: number;
  #lists: ChatCommandInfo[] = [];
  #listing = 0;
  #wanted = new Map<string, ChatRef>();
  #asked = new Map<string, ChatRef>();
  readonly #doubtful = new Map<string, ChatRef>();
  readonly #fresh = new Set<string>();

  constructor(window: number, doubts: number) {
    this.#window = window;
    this.#doubts = doubts;
  }

  /** Start anew on a new connection; what the one before did not answer is asked again. */
  begin(questions: ChatCommandInfo[], known: ChatRef[]): void {
    this.#lists = questions;
    this.#listing = 0;
    const refs = [...known, ...this.#asked.values(), ...this.#wanted.values()];
    this.#wanted = new Map([...refs, ...this.#doubtful.values()].map((ref) => [ref.key, ref]));
    this.#asked = new Map();
    this.#fresh.clear();
  }

  /** A list came with these chats, or a piece of one, which goes on behind the place `more`. */
  listed(refs: ChatRef[], asked: ChatCommandInfo, more: number | undefined): void {
    this.#listing -= 1;
    if (more !== undefined) this.#lists.unshift({ ...asked, After: more });
    for (const ref of refs) if (!this.#fresh.has(ref.key)) this.want(ref);
    if (!this.#listsToCome) this.#fresh.clear();
  }

  /** Want the snapshot of a chat, unless it is under way. */
  want(ref: ChatRef): void {
    if (!this.#asked.has(ref.key)) this.#wanted.set(ref.key, ref);
  }

  /** Nobody knows whether this chat was started: the next resync is to find out. */
  doubt(ref: ChatRef): void {
    this.#doubtful.set(ref.key, ref);
    const [oldest] = this.#doubtful.keys();
    if (this.#doubtful.size > this.#doubts && oldest !== undefined) this.#doubtful.delete(oldest);
  }

  /** Take out what is to be asked now: lists first. */
  take(): Question[] {
    const room = Math.max(0, this.#window - this.#listing - this.#asked.size);
    const lists = this.#lists.splice(0, room);
    this.#listing += lists.length;
    const refs = [...this.#wanted.values()].slice(0, room - lists.length);
    for (const ref of refs) {
      this.#wanted.delete(ref.key);
      this.#asked.set(ref.key, ref);
    }
    return [...lists.map((list) => ({ list })), ...refs.map((ref) => ({ ref }))];
  }

  /** The snapshot of a chat came, or was refused. */
  came(ref: ChatRef): void {
    this.#asked.delete(ref.key);
    this.#doubtful.delete(ref.key);
    // What is listed yet says nothing new of it: the pushes go on from its snapshot.
    if (this.#listsToCome) this.#fresh.add(ref.key);
  }

  get #listsToCome(): boolean {
    return this.#lists.length > 0 || this.#listing > 0;
  }

  /** Whether everything that was asked for has come. */
  get done(): boolean {
    return !this.#listsToCome && this.#wanted.size === 0 && this.#asked.size === 0;
  }
}
