/** A session with a clock, a network and promises: what a program uses. */

import type { Failure } from "./errors.ts";
import type { ChatRef, Event } from "./events.ts";
import { type Encoding, type Frame, JSON_FRAMES, type Wire } from "./frames.ts";
import type { Answers, ChatSentenceInfo, ChatServiceInfo, Payloads } from "./protocol.ts";
import { type Saying, Session } from "./session.ts";
import type { Settings } from "./settings.ts";

/** A connection that is opened or being opened. */
export interface Connection {
  send(wire: Wire): void;
  /** Close it, once what was sent is on its way. `closed` may be called once more, or not. */
  close(): void;
}

/** What a connection tells: each body that comes, and its end, once. */
export interface Hearing {
  opened(): void;
  heard(wire: Wire): void;
  closed(why: string): void;
}

/** A way to the broker: begins to open a connection. */
export type Dial = (hearing: Hearing) => Connection;

/** What a client takes from outside; all of it has a default. */
export interface Surroundings {
  readonly encoding?: Encoding;
  /** Seconds on a clock that never goes back. */
  readonly clock?: () => number;
  readonly random?: () => number;
  readonly newId?: () => string;
  /** Brings the token for the next connection; `isRefused`: the last one was no good. */
  readonly token?: (isRefused: boolean) => Promise<string>;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Make a Guid, where `crypto.randomUUID` may not be: on a page without TLS. */
export function newGuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [...parts, variant + hex.slice(17, 20), hex.slice(20)].join("-");
}

/** One client over all its connections; it begins to connect at once. */
export class Client {
  readonly session: Session;
  readonly #dial: Dial;
  readonly #clock: () => number;
  readonly #newToken: ((isRefused: boolean) => Promise<string>) | undefined;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #answers = new Map<number, Waiting<Frame>>();
  readonly #echoes = new Map<string, Waiting<ChatSentenceInfo>[]>();
  #readies: Waiting<void>[] = [];
  #connection: Connection | undefined;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #isTokenRefused = false;

  constructor(settings: Settings, dial: Dial, around: Surroundings = {}) {
    this.#dial = dial;
    this.#clock = around.clock ?? (() => performance.now() / 1000);
    this.#newToken = around.token;
    const renewableToken = around.token !== undefined || settings.renewableToken;
    this.session = new Session(
      { ...settings, ...(renewableToken ? { renewableToken } : {}) },
      {
        now: this.#clock(),
        random: around.random ?? Math.random,
        newId: around.newId ?? newGuid,
        encoding: around.encoding ?? JSON_FRAMES,
      },
    );
    this.#settle([]);
  }

  /** Hear of everything that happens, until what this gives is called. */
  on(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Wait until all is known and everything may be sent. */
  ready(): Promise<void> {
    if (this.session.phase === "ready") return Promise.resolve();
    if (this.session.ended) return Promise.reject(this.session.ended);
    return new Promise((resolve, reject) => this.#readies.push({ resolve, reject }));
  }

  /** Ask for anything that is answered. */
  async request<T extends keyof Answers>(
    type: T,
    payload: Payloads[T],
    ref?: ChatRef,
  ): Promise<Frame<Answers[T]>> {
    const request = this.session.request(type, payload, this.#clock(), ref);
    return this.#answerOf<Frame<Answers[T]>>(request);
  }

  /** Start a chat, or come back to it; sentences for it may be handed over at once. */
  startChat(info: ChatServiceInfo): { ref: ChatRef; started: Promise<Frame<"SE_CHAT_STATUS">> } {
    const { ref, request } = this.session.startChat(info, this.#clock());
    return { ref, started: this.#answerOf(request) };
  }

  /** End a chat from the visitor's side. */
  async stop(ref: ChatRef): Promise<Frame<"SE_CHAT_STATUS">> {
    return this.#answerOf(this.session.stop(ref, this.#clock()));
  }

  /** Say something, and wait until it is durable: whatever the connection does meanwhile. */
  send(ref: ChatRef, text: string, saying: Saying = {}): Promise<ChatSentenceInfo> {
    return new Promise((resolve, reject) => {
      const id = this.session.send(ref, text, this.#clock(), saying);
      const name = nameOf(ref, id);
      this.#echoes.set(name, [...(this.#echoes.get(name) ?? []), { resolve, reject }]);
      this.#settle([]);
    });
  }

  /** Confirm a received sentence, where `Tuning.confirm` leaves that to the program. */
  confirm(ref: ChatRef, sentenceId: string): void {
    this.session.confirm(ref, sentenceId, this.#clock());
    this.#settle([]);
  }

  /** Tell that this side types, or ceased to; may be called at every keystroke. */
  typing(ref: ChatRef, isTyping: boolean): void {
    this.session.typing(ref, isTyping, this.#clock());
    this.#settle([]);
  }

  /** Do not wait for the next try: the network is back, or somebody looks. */
  dialNow(): void {
    if (this.session.dialNow(this.#clock())) this.#settle([]);
  }

  /** The network is gone: do not wait until the connection shows it. */
  hangUp(): void {
    this.#drop("no network");
  }

  /** Say good-bye, and end. */
  close(): void {
    this.#settle(this.session.close(this.#clock()));
  }

  /** What answers a request; its type the protocol fixes. */
  #answerOf<T>(request: number): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#answers.set(request, { resolve: (frame) => resolve(frame as T), reject });
      this.#settle([]);
    });
  }

  // --- moving the bytes ---

  /** Give out what happened, send what is to be sent, and see what is due next. */
  #settle(events: Event[]): void {
    for (const event of events) this.#tell(event);
    for (const wire of this.session.dataToSend()) this.#connection?.send(wire);
    if (this.session.hangUp) this.#drop("");
    else this.#setAlarm();
  }

  #drop(why: string): void {
    if (this.#connection === undefined) return;
    this.#connection.close();
    this.#lost(why);
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const isOff = this.#connection === undefined;
    const when = isOff ? this.session.dialAt : this.session.nextDeadline;
    if (when === undefined || this.session.phase === "ended") return;
    // A timer that fires a little early would fire again and again.
    const wait = Math.ceil(Math.max(0, when - this.#clock()) * 1000);
    this.#alarm = setTimeout(() => this.#due(), Math.min(wait, 2 ** 31 - 1));
  }

  #due(): void {
    const { dialAt } = this.session;
    if (this.#connection !== undefined) this.#settle(this.session.tick(this.#clock()));
    else if (dialAt !== undefined && dialAt <= this.#clock()) this.#open();
    else this.#setAlarm();
  }

  #open(): void {
    let isOver = false;
    const mine: Connection = {
      send: () => {},
      close: () => {
        isOver = true;
      },
    };
    this.#connection = mine;
    const mayGoOn = () => !isOver && this.#connection === mine;
    const dial = () => {
      const real = this.#dial({
        opened: () => {
          if (!mayGoOn()) return;
          this.session.dialled(this.#clock());
          this.#settle([]);
        },
        heard: (wire) => {
          if (mayGoOn()) this.#settle(this.session.receive(wire, this.#clock()));
        },
        closed: (why) => {
          if (mayGoOn()) this.#lost(why);
        },
      });
      mine.send = (wire) => real.send(wire);
      mine.close = () => {
        isOver = true;
        real.close();
      };
    };
    if (this.#newToken === undefined) {
      dial();
      return;
    }
    this.#newToken(this.#isTokenRefused).then(
      (token) => {
        this.#isTokenRefused = false;
        this.session.token = token;
        if (mayGoOn()) dial();
      },
      (error: unknown) => {
        if (mayGoOn()) this.#lost(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #lost(why: string): void {
    this.#connection = undefined;
    this.#settle(this.session.lost(this.#clock(), why));
  }

  #tell(event: Event): void {
    switch (event.kind) {
      case "Ready":
        for (const one of this.#readies.splice(0)) one.resolve();
        break;
      case "TokenRefused":
        this.#isTokenRefused = true;
        break;
      case "SessionEnded":
        for (const one of this.#readies.splice(0)) one.reject(event.error);
        break;
      case "RequestDone":
      case "RequestFailed":
        this.#answer(event.request, event.kind === "RequestDone" ? event.frame : event.error);
        break;
      case "SentenceEchoed":
        this.#echo(event.ref, event.sentence, undefined);
        break;
      case "SentenceRefused":
        this.#echo(event.ref, event.sentence, event.error);
        break;
      default:
        break;
    }
    for (const listener of [...this.#listeners]) listener(event);
  }

  #answer(request: number, answer: Frame | Failure): void {
    const waiting = this.#answers.get(request);
    this.#answers.delete(request);
    if (answer instanceof Error) waiting?.reject(answer);
    else waiting?.resolve(answer);
  }

  #echo(ref: ChatRef, sentence: ChatSentenceInfo, error: Failure | undefined): void {
    const name = nameOf(ref, sentence.ID ?? "");
    const waiting = this.#echoes.get(name) ?? [];
    this.#echoes.delete(name);
    for (const one of waiting) {
      if (error === undefined) one.resolve(sentence);
      else one.reject(error);
    }
  }
}

const nameOf = (ref: ChatRef, id: string): string => `${ref.key} ${id}`;
