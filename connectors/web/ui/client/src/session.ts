/**
 * The client brain: everything that a connector or a workplace program does, and no I/O.
 *
 * A `Session` is one client that outlives its connections. Time, randomness and keys come in as
 * inputs, what happened comes out as values: the same inputs give the same frames. Its host
 *
 * 1. opens a connection at `dialAt` while `phase` is "offline", and calls `dialled(now)`, or
 *    `lost(now, why)` when that failed;
 * 2. sends what `dataToSend()` gives, after every call, passes each body that comes to
 *    `receive(wire, now)`, and calls `lost(now, why)` when the connection is gone. When `hangUp` is true
 *    it sends what is left, closes, and calls `lost`;
 * 3. calls `tick(now)` at `nextDeadline`;
 * 4. stops when `phase` is "ended".
 *
 * By itself a session says hello, resyncs (W-25), sends a sentence until it is echoed or refused, with
 * the same key (W-26), gives each sentence out once and in order, mends a gap by a snapshot, confirms
 * what it gave out, lets typing expire, and comes back with back-off.
 */

import type { Chats } from "./chats.ts";
import { Ended, NotConnected } from "./errors.ts";
import { ChatRef, type Event } from "./events.ts";
import { Exchange } from "./exchange.ts";
import { type Encoding, JSON_FRAMES, type Wire } from "./frames.ts";
import { Link } from "./link.ts";
import type {
  AttachmentInfo,
  ChatSentenceInfo,
  ChatServiceInfo,
  FrameType,
  Hello,
  Payloads,
  ScenarioResultInfo,
  Time,
  Welcome,
} from "./protocol.ts";
import { isSafe } from "./requests.ts";
import { type Random, type Settings, TUNING, type Tuning } from "./settings.ts";

/** Where a session is. Only when it is "ready" is all known, and everything may be sent. */
export type Phase = "offline" | "greeting" | "syncing" | "ready" | "ended";

/** What a session gets from its host at the start. */
export interface Inputs {
  /** The time on the clock that all calls use, in seconds. */
  readonly now: number;
  /** Source of jitter. */
  readonly random: Random;
  /** Makes keys: Guids, so that a form or an opening can be named by them too. */
  readonly newId: () => string;
  /** How frames are written. */
  readonly encoding?: Encoding;
}

/** What is said, besides its text. */
export interface Saying {
  /** Its key. A program that is itself restarted keeps the key with the text and gives both again. */
  readonly id?: string;
  readonly partyName?: string;
  readonly timeSent?: Time;
  readonly model?: number;
  readonly attachments?: AttachmentInfo[];
}

/** One client, connector or workplace, over all its connections. */
export class Session {
  /** The secret of the next hello. */
  token: string;
  readonly #newId: () => string;
  readonly #link: Link;
  readonly #talk: Exchange;

  constructor(settings: Settings, inputs: Inputs) {
    const tuning: Tuning = { ...TUNING, ...settings.tuning };
    this.token = settings.token;
    this.#newId = inputs.newId;
    this.#link = new Link(helloOf(settings), tuning, inputs.encoding ?? JSON_FRAMES, {
      now: inputs.now,
      random: inputs.random,
      renewable: settings.renewableToken ?? false,
    });
    this.#talk = new Exchange(settings, tuning, this.#link, inputs.now);
  }

  // --- the host's side ---

  get phase(): Phase {
    if (this.#link.stage !== "open") return this.#link.stage;
    return this.#talk.synced ? "ready" : "syncing";
  }

  /** When the next connection is to be opened; undefined unless offline. */
  get dialAt(): number | undefined {
    return this.#link.dialAt;
  }

  /** Whether the connection is to be closed once `dataToSend` is empty. */
  get hangUp(): boolean {
    return this.#link.hangUp;
  }

  /** The last welcome of the broker. */
  get welcome(): Welcome | undefined {
    return this.#link.welcome;
  }

  /** Why it ended, once it has. */
  get ended(): Ended | undefined {
    return this.#link.ended;
  }

  /** Whether it is an agent's. */
  get isWorkplace(): boolean {
    return this.#talk.role === "workplace";
  }

  /** What is known of the chats. */
  get chats(): Chats {
    return this.#talk.chats;
  }

  /** When `tick` is to be called; undefined: not before something else happens. */
  get nextDeadline(): number | undefined {
    if (this.#talk.events.length > 0) return this.#talk.now;
    const found = [this.#talk.timers.next, this.chats.nextDeadline, this.#link.deadline];
    const deadlines = found.filter((when) => when !== undefined);
    return deadlines.length > 0 ? Math.min(...deadlines) : undefined;
  }

  /** Drain the bodies that are to be sent. */
  dataToSend(): Wire[] {
    return this.#link.dataToSend();
  }

  /** A connection is open: says hello. */
  dialled(now: number): void {
    this.#link.dialled(now, this.token);
  }

  /** Take one body that came. */
  receive(wire: Wire, now: number): Event[] {
    this.#talk.now = now;
    return this.#talk.take(this.#link.receive(wire, now));
  }

  /** Do what is due. */
  tick(now: number): Event[] {
    this.#talk.now = now;
    this.#talk.wake();
    return this.#talk.take(this.#link.tick(now));
  }

  /** There is no connection: it could not be opened, or it is gone. */
  lost(now: number, why = ""): Event[] {
    this.#talk.now = now;
    const refused = this.#link.tokenRefused;
    this.#link.tokenRefused = undefined;
    this.#link.lost(now, why);
    if (this.#link.ended !== undefined) this.#talk.finish();
    if (this.#link.dialAt !== undefined) {
      this.#talk.forgetConnection();
      if (refused) this.#talk.events.push({ kind: "TokenRefused", error: refused });
      const { why: reason, dialAt } = this.#link;
      this.#talk.events.push({ kind: "Disconnected", why: reason, dialAt });
    }
    return this.#talk.drain();
  }

  /** Do not wait for `dialAt`: somebody is there who would rather know at once. */
  dialNow(now: number): boolean {
    return this.#link.dialNow(now);
  }

  /** End the session from this side: what has no answer yet fails. */
  close(now: number): Event[] {
    this.#talk.now = now;
    if (this.#link.ended === undefined) {
      this.#link.end(new Ended("Closed"));
      this.#talk.finish();
    }
    return this.#talk.drain();
  }

  // --- the program's side ---

  /**
   * Ask for anything that the catalogue of frames has; gives the number that `RequestDone` or
   * `RequestFailed` will carry. A form that is saved gets its key here, unless it has one.
   */
  request<T extends FrameType>(type: T, payload: Payloads[T], now: number, ref?: ChatRef): number {
    this.#alive(now);
    if (this.phase !== "ready" && !isSafe(type)) {
      throw new NotConnected(`${type} needs a session that is ready`);
    }
    const number = this.#talk.askFor(type, this.#keyed(type, payload), ref);
    this.#talk.pump();
    return number;
  }

  /** Start a chat, or come back to it (B-2). Sentences for it may be handed over at once. */
  startChat(info: ChatServiceInfo, now: number): { ref: ChatRef; request: number } {
    this.#alive(now);
    const TrackingId = info.TrackingId ?? this.#newId();
    const ref = new ChatRef(info.Peer ?? "", TrackingId, info.Port ?? null);
    const request = this.#talk.start({ ...info, TrackingId }, ref);
    this.#talk.pump();
    return { ref, request };
  }

  /** Hand a sentence over; gives its key. It is sent until it is echoed or refused. */
  send(ref: ChatRef, text: string, now: number, saying: Saying = {}): string {
    this.#alive(now);
    const ID = saying.id ?? this.#newId();
    const sentence: ChatSentenceInfo = {
      ...this.#talk.address(ref),
      ID,
      PartyName: saying.partyName,
      Text: text,
      TimeSent: saying.timeSent,
      IsOutbound: this.#talk.role === "workplace",
      Model: saying.model ?? 0,
      Attachments: saying.attachments,
    };
    this.#talk.say(ref, sentence);
    return ID;
  }

  /** Confirm a received sentence, where `Tuning.confirm` leaves that to the program. */
  confirm(ref: ChatRef, sentenceId: string, now: number): void {
    this.#alive(now);
    this.#talk.confirm(ref, sentenceId);
    this.#talk.pump();
  }

  /** Tell that this side types, or ceased to; may be called at every keystroke. */
  typing(ref: ChatRef, isTyping: boolean, now: number): void {
    this.#talk.now = now;
    this.#talk.typing(ref, isTyping);
  }

  /** End the chat from the visitor's side; the answer is its status. */
  stop(ref: ChatRef, now: number): number {
    return this.request("ES_CHAT_STOP", this.#talk.address(ref), now, ref);
  }

  /** The sentences of a chat that are not echoed yet, in order. */
  unsent(ref: ChatRef): ChatSentenceInfo[] {
    return this.#talk.outbox.of(ref).map((item) => item.sentence);
  }

  /** Give what is sent again the key by which that is known. */
  #keyed(type: string, payload: unknown): unknown {
    if (type.endsWith("SCENARIO_SAVE")) {
      const form = payload as ScenarioResultInfo;
      return { ...form, ScenarioResultId: form.ScenarioResultId ?? this.#newId() };
    }
    if (type.endsWith("CHAT_OPEN")) {
      const opening = payload as ChatServiceInfo;
      return { ...opening, ReturnChatId: opening.ReturnChatId ?? this.#newId() };
    }
    return payload;
  }

  #alive(now: number): void {
    this.#talk.now = now;
    if (this.#link.ended !== undefined) throw this.#link.ended;
  }
}

function helloOf(settings: Settings): Hello {
  const common = { Version: 1, Software: settings.software ?? "parley-ui" };
  if (settings.role === "workplace") {
    const { number, login } = settings;
    return { ...common, Role: "workplace", Peers: [number], Login: login };
  }
  const Peers = [...new Set(settings.gateways.map((one) => one.peer))];
  return { ...common, Role: "connector", Peers, TakesPieces: true };
}
