/** The connections of a session, one after the other: hello, heartbeat, back-off, the end (W-10..W-14). */

import { Ended, type EndReason, Refused } from "./errors.ts";
import { BadFrame, type Encoding, type Frame, type Headers, sizeOf, type Wire } from "./frames.ts";
import type { Bye, Guid, Hello, SysError, Welcome } from "./protocol.ts";
import { atLeast, delayAfter, type Random, type Tuning } from "./settings.ts";

/** Where a link is. */
export type Stage = "offline" | "greeting" | "open" | "ended";

/** The broker refused something that it may take in a moment. */
export const BUSY: ReadonlySet<string> = new Set(["RateLimited", "Overloaded"]);
/** Faults before the welcome that say nothing against the hello itself. */
const PASSING: ReadonlySet<string> = new Set(["HelloTimeout", ...BUSY]);
const ENDINGS: Readonly<Record<string, EndReason>> = {
  Replaced: "Replaced",
  LoggedOff: "LoggedOff",
};
/** How long silence may last before a ping, until the welcome says. */
const HEARTBEAT = 30;

/** What is known of one connection; the next one begins with nothing of it. */
interface Life {
  why: string;
  bye: Bye | undefined;
  /** Since when its session is ready. */
  goodSince: number | undefined;
  greetedAt: number;
  heard: number;
  pinged: number | undefined;
  over: boolean;
}

const begun = (now: number): Life => ({
  why: "",
  bye: undefined,
  goodSince: undefined,
  greetedAt: now,
  heard: now,
  pinged: undefined,
  over: false,
});

/** Opens, watches and gives up connections; frames go through it. */
export class Link {
  stage: Stage = "offline";
  /** When the next connection is to be opened; undefined unless offline. */
  dialAt: number | undefined;
  /** The connection is to be closed once nothing is left to send. */
  hangUp = false;
  welcome: Welcome | undefined;
  ended: Ended | undefined;
  /** Why the last connection was lost, or could not be opened. */
  why = "";
  /** The hello was refused for its token, and another may be brought. */
  tokenRefused: Refused | undefined;
  readonly #hello: Hello;
  readonly #tuning: Tuning;
  readonly #encoding: Encoding;
  readonly #random: Random;
  readonly #renewable: boolean;
  #life: Life;
  #welcomedAt: number;
  #failures = 0;
  #wire = 0;
  #out: Wire[] = [];

  constructor(
    hello: Hello,
    tuning: Tuning,
    encoding: Encoding,
    at: { now: number; random: Random; renewable: boolean },
  ) {
    this.#hello = hello;
    this.#tuning = tuning;
    this.#encoding = encoding;
    this.#random = at.random;
    this.#renewable = at.renewable;
    this.#life = begun(at.now);
    this.#welcomedAt = at.now;
    this.dialAt = at.now;
  }

  /** A connection is open: says hello. */
  dialled(now: number, token: string): void {
    this.stage = "greeting";
    this.dialAt = undefined;
    this.hangUp = false;
    this.tokenRefused = undefined;
    this.#life = begun(now);
    this.#out = [];
    const again = this.#hello.Role === "workplace" ? this.welcome?.SessionId : undefined;
    // A workplace that comes back by itself says so, and throws nobody out (W-11).
    this.#say("SYS_HELLO", { ...this.#hello, Token: token, Continues: again });
  }

  /** The session is ready: from now on the connection proves itself. */
  good(now: number): void {
    this.#life.goodSince = now;
  }

  /** There is no connection: plans the next one, unless all is over. */
  lost(now: number, why: string): void {
    const life = this.#life;
    this.#life = begun(now);
    this.#out = [];
    if (this.stage === "ended") return;
    if (life.goodSince !== undefined && now - life.goodSince >= this.#tuning.stable) {
      this.#failures = 0;
    }
    this.#failures += 1;
    const { backoff } = this.#tuning;
    const after = life.bye?.ReconnectAfterSeconds ?? null;
    const delay =
      after === null
        ? delayAfter(backoff, this.#failures, this.#random)
        : atLeast(backoff, after, this.#random);
    this.why = life.why || why || "the connection was closed";
    this.stage = "offline";
    this.dialAt = now + delay;
    this.hangUp = false;
  }

  /** Plan the next connection for now, if there is none; tells whether that changed anything. */
  dialNow(now: number): boolean {
    if (this.dialAt === undefined || this.dialAt <= now) return false;
    this.dialAt = now;
    return true;
  }

  /** This connection is of no use any more. */
  giveUp(why: string): void {
    this.#life.why = this.#life.why || why;
    this.hangUp = true;
  }

  /** It is over for good. */
  end(ended: Ended): void {
    if (this.stage === "open" && !this.hangUp) this.#say("SYS_BYE", { Code: "Shutdown" });
    this.#over(ended);
  }

  // --- frames ---

  /** Drain what is to be sent. */
  dataToSend(): Wire[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** Send a frame; gives its `Id`, or undefined when the broker does not take frames of this size. */
  send(type: string, payload: unknown, isAnswered = true): number | undefined {
    this.#wire += 1;
    const id = this.#wire;
    const data = this.#encoding.encode(type, payload, isAnswered ? { Id: id } : undefined);
    const limit = this.welcome?.FrameBytes ?? 0;
    if (limit > 0 && sizeOf(data) > limit) return undefined;
    this.#out.push(data);
    return id;
  }

  /** Take what came: the frames for the session (the welcome among them), and what was refused. */
  receive(wire: Wire, now: number): (Frame | Refused)[] {
    if (this.#life.over || this.hangUp || this.stage === "offline") return [];
    this.#life.heard = now;
    this.#life.pinged = undefined;
    let frame: Frame;
    try {
      frame = this.#encoding.decode(wire);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
      return this.#failed(error.message);
    }
    return this.#sifted(frame, now);
  }

  /** When `tick` is to be called. */
  get deadline(): number | undefined {
    if (this.hangUp) return undefined;
    const life = this.#life;
    if (this.stage === "greeting") return life.greetedAt + this.#tuning.answerWait;
    return this.stage === "open" ? (life.pinged ?? life.heard) + this.#heartbeat : undefined;
  }

  /** Do what is due: heartbeat, a hello that is not answered. */
  tick(now: number): Refused[] {
    const deadline = this.deadline;
    if (deadline === undefined || now < deadline) return [];
    if (this.stage === "greeting") return this.#failed("no SYS_WELCOME in time", "HelloTimeout");
    if (this.#life.pinged === undefined) {
      this.#life.pinged = now;
      this.#say("SYS_PING", {});
    } else {
      this.#say("SYS_BYE", { Code: "Timeout", Text: "nothing heard" });
      this.giveUp("nothing was heard from the broker");
    }
    return [];
  }

  /** Whether an agent is the one of this session; a supervisor hears of others too. */
  isOwn(agentId: Guid | null | undefined): boolean {
    const own = this.welcome?.AgentId ?? null;
    return (agentId ?? null) === null || own === null || own === agentId;
  }

  /** The broker's clock, as far as the last welcome lets us know it. */
  brokerTime(now: number): string {
    const told = Date.parse(this.welcome?.TimeUtc ?? "1970-01-01T00:00:00Z");
    return new Date(told + (now - this.#welcomedAt) * 1000).toISOString();
  }

  get #heartbeat(): number {
    return this.welcome?.HeartbeatSeconds || HEARTBEAT;
  }

  #say(type: string, payload: unknown, headers?: Headers): void {
    this.#out.push(this.#encoding.encode(type, payload, headers));
  }

  /** Keep what concerns the link itself. */
  #sifted(frame: Frame, now: number): (Frame | Refused)[] {
    switch (frame.type) {
      case "SYS_PING":
        this.#say("SYS_PONG", frame.payload, idOf(frame));
        return [];
      case "SYS_PONG":
        return [];
      case "SYS_BYE":
        this.#saidBye(frame.payload);
        return [];
      case "SYS_ERROR":
        if (!frame.payload.Fatal) return [frame];
        this.#saidError(frame.payload);
        return [];
      case "SYS_WELCOME":
        if (this.stage !== "greeting") return this.#failed("a second welcome");
        this.welcome = frame.payload;
        this.stage = "open";
        this.#welcomedAt = now;
        return [frame];
      default:
        return this.stage === "open" ? [frame] : this.#failed(`${frame.type} before SYS_WELCOME`);
    }
  }

  /** The broker says what no broker says. */
  #failed(text: string, code = "BadFrame"): Refused[] {
    this.#say("SYS_BYE", { Code: "ProtocolError", Text: `${code}: ${text}` });
    this.giveUp(`the broker failed: ${text}`);
    return [new Refused(code, text)];
  }

  #saidBye(bye: Bye): void {
    this.#life.bye = bye;
    const code = bye.Code ?? "Shutdown";
    const reason = ENDINGS[code];
    if (reason !== undefined) this.#over(new Ended(reason, code, bye.Text ?? ""));
    else this.giveUp(`the broker closed: ${code}${bye.Text ? `, ${bye.Text}` : ""}`);
  }

  #saidError(error: SysError): void {
    const [code, text] = [error.Code ?? "BadFrame", error.Text ?? ""];
    if (this.stage === "greeting" && code === "AuthFailed" && this.#renewable) {
      this.tokenRefused = new Refused(code, text);
    } else if (this.stage === "greeting" && !PASSING.has(code)) {
      this.#over(new Ended("Rejected", code, text));
      return;
    }
    this.giveUp(`the broker gave up: ${code}${text ? `, ${text}` : ""}`);
  }

  #over(ended: Ended): void {
    this.ended = ended;
    this.#life.over = true;
    this.stage = "ended";
    this.dialAt = undefined;
    this.hangUp = true;
  }
}

function idOf(frame: Frame): Headers | undefined {
  return frame.headers.Id === undefined ? undefined : { Re: frame.headers.Id };
}
