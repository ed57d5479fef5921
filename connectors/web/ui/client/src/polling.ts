/**
 * The way of a browser that gets no WebSocket: frames by plain requests, one after the other, and now and
 * then a look whether a socket carries any by now. Then the client goes on by that one, and does not notice.
 */

import type { Connection, Dial, Hearing } from "./client.ts";
import type { Wire } from "./frames.ts";

/** What polling needs. */
export interface Polls {
  /** Where frames go: `https://.../api/Frames`. */
  readonly url: string;
  /** The way by a socket, which is looked at now and then. */
  readonly socket?: Dial;
  /** Frames go by the socket again. */
  readonly changed?: () => void;
  readonly fetch?: typeof fetch;
}

/** Milliseconds between two requests: while something happens, and at most. */
const PACE = { first: 1_000, factor: 1.5, longest: 5_000 };
/** Milliseconds until the next look at the socket, twice as many after each that was in vain. */
const LOOKS = { first: 5_000, longest: 300_000, within: 8_000 };
/** A socket that was good for so many milliseconds was no mistake. */
const STABLE = 60_000;
/** Milliseconds that a request may take. */
const PATIENCE = 15_000;
/** Frames in one request, and about how many characters. */
const BATCH = { frames: 32, letters: 65_536 };

const HEARTBEAT = /^\["SYS_P[IO]NG"/;

/** What is known of the socket over all connections. */
interface Look {
  failures: number;
  at: number;
}

/** Make the way by requests. */
export function polling(polls: Polls): Dial {
  const look: Look = { failures: 0, at: 0 };
  return (hearing) => new Polling(polls, hearing, look);
}

class Polling implements Connection {
  readonly #polls: Polls;
  readonly #hearing: Hearing;
  readonly #look: Look;
  readonly #away = new AbortController();
  #hello = "";
  #headers: Record<string, string> = {};
  #isOwn = true;
  #cursor: string | null = null;
  #queue: string[] = [];
  #isAsking = false;
  #pace = PACE.first;
  #next: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  /** A socket that was welcomed, and what it said since. */
  #better: { readonly socket: Connection; readonly heard: Wire[] } | undefined;
  /** The socket, once frames go by it. */
  #socket: Connection | undefined;

  constructor(polls: Polls, hearing: Hearing, look: Look) {
    this.#polls = polls;
    this.#hearing = hearing;
    this.#look = look;
    queueMicrotask(() => this.#isOver || hearing.opened());
  }

  send(wire: Wire): void {
    const text = wire as string;
    if (this.#socket !== undefined) {
      this.#socket.send(text);
      return;
    }
    this.#queue.push(text.startsWith('["SYS_HELLO"') ? this.#greeting(text) : text);
    this.#soon(0);
  }

  close(): void {
    this.#away.abort();
    clearTimeout(this.#next);
    clearTimeout(this.#looking);
    this.#better?.socket.close();
    this.#socket?.close();
  }

  get #isOver(): boolean {
    return this.#away.signal.aborted;
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#hearing.closed(why);
  }

  /** Take who the visitor is out of the hello: that goes into the headers. */
  #greeting(hello: string): string {
    const [type, said, headers] = JSON.parse(hello);
    this.#hello = hello;
    this.#isOwn = said.Token === "cookie";
    this.#headers = {
      "Content-Type": "application/json",
      "Parley-Site": said.Peers[0],
      ...(this.#isOwn ? {} : { "Parley-Visitor": said.Token }),
    };
    this.#lookLater(false);
    return JSON.stringify([type, { ...said, Token: "cookie" }, headers]);
  }

  // --- requests

  #soon(after: number): void {
    if (this.#isAsking || this.#isOver || this.#socket !== undefined) return;
    clearTimeout(this.#next);
    this.#next = setTimeout(() => void this.#exchange(), after);
  }

  async #exchange(): Promise<void> {
    this.#isAsking = true;
    const better = this.#better;
    const frames = this.#batch();
    let told: { readonly Frames: readonly string[]; readonly Cursor: string };
    try {
      told = await this.#asked(JSON.stringify({ Frames: frames, Cursor: this.#cursor }));
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#cursor = told.Cursor;
    for (const frame of told.Frames) if (!this.#isOver) this.#hearing.heard(frame);
    this.#isAsking = false;
    const isQuiet = [...frames, ...told.Frames].every((text) => HEARTBEAT.test(text));
    this.#pace = isQuiet ? Math.min(this.#pace * PACE.factor, PACE.longest) : PACE.first;
    // The socket was there before this request, so all that it cannot know of is known by now.
    if (better !== undefined && better === this.#better && !this.#isOver) this.#change(better);
    else this.#soon(this.#queue.length > 0 || this.#better !== undefined ? 0 : this.#pace);
  }

  #batch(): string[] {
    let [count, letters] = [0, 0];
    for (const text of this.#queue) {
      letters += text.length;
      if (count > 0 && (count >= BATCH.frames || letters > BATCH.letters)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** One request, again when it was too early. */
  async #asked(body: string) {
    for (;;) {
      const late = setTimeout(() => this.#end("no answer"), PATIENCE);
      try {
        const answer = await (this.#polls.fetch ?? fetch)(this.#polls.url, {
          method: "POST",
          headers: this.#headers,
          credentials: this.#isOwn ? "same-origin" : "omit",
          body,
          signal: this.#away.signal,
        });
        if (answer.ok) return await answer.json();
        if (answer.status !== 429) throw await this.#refused(answer);
        const wait = Number(answer.headers.get("Retry-After")) || 1;
        clearTimeout(late);
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      } finally {
        clearTimeout(late);
      }
    }
  }

  /** Tell a refusal of ours as a socket would; one of somebody between says nothing of the session. */
  async #refused(answer: Response): Promise<Error> {
    const { code, detail } = await answer.json().catch(() => ({}));
    if (code !== undefined && !this.#isOver) {
      const error = { Code: code, Text: detail, Fatal: true };
      this.#hearing.heard(JSON.stringify(["SYS_ERROR", error]));
    }
    return new Error(`refused (${answer.status})`);
  }

  // --- the socket

  #lookLater(isInVain: boolean): void {
    const { socket } = this.#polls;
    const look = this.#look;
    if (isInVain) look.failures += 1;
    if (socket === undefined || this.#isOver) return;
    const wait = Math.min(LOOKS.first * 2 ** look.failures, LOOKS.longest);
    if (isInVain || look.at === 0) look.at = Date.now() + wait;
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => this.#lookAt(socket), Math.max(0, look.at - Date.now()));
  }

  /** See whether a socket carries frames by now: whether the hello is answered there. */
  #lookAt(dial: Dial): void {
    const heard: Wire[] = [];
    let began = 0;
    const inVain = (why: string) => {
      if (this.#socket === socket) {
        if (Date.now() - began < STABLE) this.#look.failures += 1;
        else this.#look.failures = 0;
        this.#look.at = 0;
        this.#end(why);
        return;
      }
      socket.close();
      if (this.#better?.socket === socket) this.#better = undefined;
      this.#lookLater(true);
    };
    const socket = dial({
      opened: () => socket.send(this.#hello),
      heard: (wire) => {
        if (this.#socket === socket) this.#hearing.heard(wire);
        else if (began > 0) heard.push(wire);
        else if (!String(wire).startsWith('["SYS_WELCOME"')) inVain("");
        else {
          began = Date.now();
          clearTimeout(this.#looking);
          this.#better = { socket, heard };
          this.#soon(0);
        }
      },
      closed: inVain,
    });
    this.#looking = setTimeout(() => inVain(""), LOOKS.within);
  }

  /** From now on frames go by the socket. */
  #change({ socket, heard }: { readonly socket: Connection; readonly heard: Wire[] }): void {
    this.#socket = socket;
    this.#better = undefined;
    this.#polls.changed?.();
    for (const text of this.#queue.splice(0)) socket.send(text);
    for (const wire of heard) if (!this.#isOver) this.#hearing.heard(wire);
  }
}
