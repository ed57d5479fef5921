/** What waits for an answer of the broker: requests of the program, and the session's own. */

import { QueueFull } from "./errors.ts";
import type { ChatRef } from "./events.ts";
import type { ChatCommandInfo, ChatSentenceInfo, Guid } from "./protocol.ts";

/**
 * What must not be repeated when its outcome is not known. Everything else does the same when it is
 * done twice or later, so that it outlives a connection.
 */
const UNSAFE = new RegExp(
  "^CS_(CHAT_(ANSWER|CLOSE|HANGUP|INVITE|LEAVE|PARK|RETURN|TRANSFER|WRAPUP)|" +
    "CONVERSATION_(ANSWER|CLOSE|PARK|PICK|RETURN|TRANSFER)|MESSAGE_(CANCEL|RETRY))$",
);

/** Requests that bring what a person has written: they are sent until they are answered. */
const KEPT: ReadonlySet<string> = new Set(["CS_SCENARIO_SAVE", "ES_SCENARIO_SAVE"]);

/** Whether a request may be repeated when its outcome is not known. */
export const isSafe = (type: string): boolean => !UNSAFE.test(type);

/** On whose behalf a request is made; `program`: its outcome is told by its number. */
export type Purpose = "program" | "confirm" | "list" | "snapshot" | "renewal";

/** One request, however often it is sent. */
export class Request {
  readonly id: number;
  readonly type: string;
  readonly payload: unknown;
  readonly purpose: Purpose;
  readonly ref: ChatRef | undefined;
  sentenceId: string | undefined;
  /** The list that it asks for. */
  asked: ChatCommandInfo | undefined;
  /** How often it was sent. */
  tries = 0;
  /** Header `Id` under which it was sent last on this connection. */
  wire: number | undefined;
  /** How often in a row it was refused for a moment. */
  rests = 0;
  /** It is a start that has more to bring than the wish for an open chat. */
  bringsMore = false;
  /** The chat in place of which it starts one. */
  full: Guid | null = null;

  constructor(id: number, type: string, payload: unknown, purpose: Purpose, ref?: ChatRef) {
    this.id = id;
    this.type = type;
    this.payload = payload;
    this.purpose = purpose;
    this.ref = ref;
  }

  /** Whether the resync must be over before it is sent. */
  get waitsForReady(): boolean {
    return this.purpose !== "list" && this.purpose !== "snapshot";
  }

  /** Whether it is sent again however often it was. */
  get kept(): boolean {
    return KEPT.has(this.type);
  }

  /** Whether it goes on after the connection is lost. A resync does not: the next one asks anew. */
  get lasting(): boolean {
    return isSafe(this.type) && this.waitsForReady;
  }
}

/** A sentence from the moment that the program hands it over to its echo. */
export class Outgoing {
  readonly ref: ChatRef;
  readonly sentence: ChatSentenceInfo;
  wire: number | undefined;
  /** It was refused for a moment (`RateLimited`, `Overloaded`) and waits. */
  resting = false;
  rests = 0;
  /** Its chat was started anew for it, because there was no room. */
  renewed = false;

  constructor(ref: ChatRef, sentence: ChatSentenceInfo) {
    this.ref = ref;
    this.sentence = sentence;
  }
}

/** What names a sentence of this side in its chat: notes have keys of their own. */
const nameOf = (said: ChatSentenceInfo): string => `${said.Model === 10} ${said.ID ?? ""}`;

const wordsOf = (said: ChatSentenceInfo): string => {
  const towards = said.Model === 10 ? null : (said.IsOutbound ?? false);
  return JSON.stringify([said.Text ?? null, said.Model ?? 0, towards]);
};

/** The sentences that have no echo yet: by chat, each chat in the order of its sender. */
export class Outbox {
  readonly #bound: number;
  readonly #chats = new Map<string, { ref: ChatRef; queue: Map<string, Outgoing> }>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** The chats in which something waits. */
  get refs(): ChatRef[] {
    return [...this.#chats.values()].map((chat) => chat.ref);
  }

  /** Find what waits under the key of a sentence. */
  find(ref: ChatRef, sentence: ChatSentenceInfo): Outgoing | undefined {
    return this.#chats.get(ref.key)?.queue.get(nameOf(sentence));
  }

  /**
   * Find what this sentence of the broker is the echo of. The same key in the other direction, or
   * with other words, is somebody else's.
   */
  echoedBy(ref: ChatRef, sentence: ChatSentenceInfo): Outgoing | undefined {
    const item = this.find(ref, sentence);
    return item && wordsOf(item.sentence) === wordsOf(sentence) ? item : undefined;
  }

  /** The sentences of a chat, in order. */
  of(ref: ChatRef): Outgoing[] {
    return [...(this.#chats.get(ref.key)?.queue.values() ?? [])];
  }

  /** Take a sentence, or throw `QueueFull`. */
  add(item: Outgoing): void {
    const chat = this.#chats.get(item.ref.key) ?? { ref: item.ref, queue: new Map() };
    if (chat.queue.size >= this.#bound) {
      throw new QueueFull(`${chat.queue.size} sentences wait for their echo`);
    }
    this.#chats.set(item.ref.key, chat);
    chat.queue.set(nameOf(item.sentence), item);
  }

  /** Let a sentence go: it was echoed, refused or withdrawn. */
  remove(item: Outgoing): void {
    const chat = this.#chats.get(item.ref.key);
    chat?.queue.delete(nameOf(item.sentence));
    if (chat?.queue.size === 0) this.#chats.delete(item.ref.key);
  }

  /** The sentences of a chat that may be sent now: those in the window that are not sent yet. */
  sendable(ref: ChatRef, window: number): Outgoing[] {
    const inWindow = this.of(ref).slice(0, window);
    const resting = inWindow.findIndex((item) => item.resting);
    // One that rests holds up those behind it, so that they keep their order.
    const free = resting < 0 ? inWindow : inWindow.slice(0, resting);
    return free.filter((item) => item.wire === undefined);
  }

  /** The connection is gone: every sentence is to be sent again. */
  lost(): void {
    for (const { queue } of this.#chats.values()) {
      for (const item of queue.values()) {
        item.wire = undefined;
        item.resting = false;
      }
    }
  }
}

/** The requests that are not answered yet; those of the program are bounded by number. */
export class Requests {
  readonly #bound: number;
  #program = 0;
  #waiting: Request[] = [];
  readonly #open = new Map<number, Request>();

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Take a request, or throw `QueueFull`. */
  add(request: Request): void {
    if (request.purpose === "program") {
      if (this.#program >= this.#bound) {
        throw new QueueFull(`${this.#program} requests wait for their answer`);
      }
      this.#program += 1;
    }
    this.#open.set(request.id, request);
    this.#waiting.push(request);
  }

  /** Put a request that was sent back among those that wait to be sent. */
  again(request: Request): void {
    if (this.#open.has(request.id)) this.#waiting.push(request);
  }

  /** Let a request go: it is answered, or given up. */
  settle(request: Request): void {
    if (this.#open.delete(request.id) && request.purpose === "program") this.#program -= 1;
  }

  /** Take out those that are to be sent. */
  take(): Request[] {
    const ready = this.#waiting.filter((request) => this.#open.has(request.id));
    this.#waiting = [];
    return ready;
  }

  /** Find a request that is not answered yet. */
  get(id: number): Request | undefined {
    return this.#open.get(id);
  }

  /** Find a request that an earlier connection took with it: whether it arrived nobody knows. */
  cutOff(id: number | undefined): Request | undefined {
    const request = this.#open.get(id ?? 0);
    return request && request.tries > 0 && request.wire === undefined ? request : undefined;
  }

  /** The connection is gone: keeps what may be sent again, and gives back what is given up. */
  lost(): Request[] {
    const givenUp = [...this.#open.values()].filter((request) => !request.lasting);
    for (const request of givenUp) this.settle(request);
    this.#waiting = [...this.#open.values()];
    for (const request of this.#waiting) request.wire = undefined;
    return givenUp;
  }

  /** Give everything up. */
  end(): Request[] {
    const givenUp = [...this.#open.values()];
    for (const request of givenUp) this.settle(request);
    this.#waiting = [];
    return givenUp;
  }
}
