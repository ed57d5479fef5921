/** Requests and sentences on their way: numbered, sent, put off; what answers mean is not known here. */

import { type Failure, Refused } from "./errors.ts";
import type { ChatRef } from "./events.ts";
import type { Link } from "./link.ts";
import type { ChatCommandInfo } from "./protocol.ts";
import { Outgoing, type Purpose, Request, Requests } from "./requests.ts";
import { type Backoff, delayAfter, type Tuning } from "./settings.ts";
import { Timers } from "./timers.ts";

/** What a session waits for: an answer, the end of a pause, the end of its own typing. */
export type Due =
  | { readonly kind: "answer"; readonly wire: number }
  | { readonly kind: "request"; readonly id: number }
  | { readonly kind: "chat" | "typing"; readonly ref: ChatRef };

/** What waits for an answer of the broker, by the `Id` under which it was sent on this connection. */
export abstract class Calls {
  /** The time of the call that is served. */
  now: number;
  readonly timers = new Timers<Due>();
  protected readonly tuning: Tuning;
  protected readonly link: Link;
  protected readonly requests: Requests;
  protected readonly wires = new Map<number, Request | Outgoing>();
  readonly #pauses: Backoff;
  #numbers = 0;

  constructor(link: Link, tuning: Tuning, now: number) {
    this.now = now;
    this.link = link;
    this.tuning = tuning;
    this.requests = new Requests(tuning.requests);
    this.#pauses = { ...tuning.backoff, first: tuning.pause };
  }

  /** Give a request up. */
  protected abstract fail(request: Request, error: Failure): void;

  /** What was sent under an `Id` and waits for its answer. */
  protected onWire(wire: unknown): Request | Outgoing | undefined {
    return typeof wire === "number" ? this.wires.get(wire) : undefined;
  }

  /** Put an item on the wire; false when the broker takes no frame of its length. */
  protected transmit(item: Request | Outgoing, type: string, payload: unknown): boolean {
    const wire = this.link.send(type, payload);
    if (wire === undefined) return false;
    const wait = item instanceof Outgoing ? this.tuning.echoWait : this.tuning.answerWait;
    item.wire = wire;
    this.wires.set(wire, item);
    this.timers.set(`answer ${wire}`, { kind: "answer", wire }, this.now + wait);
    return true;
  }

  /** Make a request that waits to be sent. */
  protected ask(type: string, payload: unknown, purpose: Purpose, ref?: ChatRef): Request {
    checked(payload, "");
    this.#numbers += 1;
    const request = new Request(this.#numbers, type, payload, purpose, ref);
    this.requests.add(request);
    return request;
  }

  /** Make a request for a list. */
  protected askList(type: string, asked: ChatCommandInfo): void {
    this.ask(type, asked, "list").asked = asked;
  }

  /** What was sent under this `Id` waits for no answer any more. */
  protected unwire(wire: number | undefined): void {
    if (wire === undefined) return;
    this.wires.delete(wire);
    this.timers.cancel(`answer ${wire}`);
  }

  /** Whether to believe `Overloaded`: a transcript that is full stays so. A rate limit passes. */
  protected hopeless(item: Request | Outgoing, error: Refused): boolean {
    const asks = item instanceof Request && item.purpose === "renewal";
    return error.code === "Overloaded" && (asks || item.rests >= this.tuning.rests);
  }

  /** Try again in a while, longer each time; the order of a chat's sentences is kept. */
  protected rest(item: Request | Outgoing): void {
    item.rests += 1;
    const when = this.now + delayAfter(this.#pauses, item.rests, () => 0);
    this.unwire(item.wire);
    item.wire = undefined;
    if (item instanceof Outgoing) {
      item.resting = true;
      this.timers.set(`chat ${item.ref.key}`, { kind: "chat", ref: item.ref }, when);
    } else {
      item.tries -= 1;
      this.timers.set(`request ${item.id}`, { kind: "request", id: item.id }, when);
    }
  }
}

const HALF_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Refuse, here and now, texts that no broker takes: sent, they would end the connection (W-4). */
export function checked(value: unknown, path: string): void {
  if (typeof value === "string") {
    if (HALF_PAIR.test(value)) throw new Refused("BadPayload", `${path}: half a surrogate pair`);
    if (value.includes("\0")) throw new Refused("BadPayload", `${path}: the character U+0000`);
  } else if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) checked(item, `${path}[${place}]`);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value))
      checked(item, path ? `${path}.${name}` : name);
  }
}
