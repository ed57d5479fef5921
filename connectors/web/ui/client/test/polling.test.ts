/** The way by requests, under virtual time, before a web process of a few lines. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, type Dial, type Event, type Hearing, polling } from "../src/index.ts";

type Tree = [string, Record<string, unknown>, { Id?: number }?];

const CHAT = "0f8fad5b-d9cb-469f-a165-70867728950e";
const NAMES = { Peer: "shop", TrackingId: "visitor", ChatId: CHAT };

/** A web process with one chat: by requests, whose cursor is how much was told, and by sockets. */
class Site {
  said: { ID: string; Text: string; Counter: number; IsOutbound: boolean }[] = [];
  /** Bodies of requests, and their headers. */
  asked: { Frames: string[]; Cursor: string | null; headers: Record<string, string> }[] = [];
  credentials: (string | undefined)[] = [];
  atOnce = 0;
  /** How the next requests are answered instead. */
  instead: (Response | Error | "never")[] = [];
  sockets = 0;
  lives: "no" | "silent" | "yes" = "no";
  heardBySocket: string[] = [];
  #line: Hearing | undefined;

  say(ID: string, Text: string, IsOutbound: boolean): object {
    const known = this.said.find((one) => one.ID === ID);
    if (known !== undefined) return { ...NAMES, ...known };
    const sentence = { ID, Text, IsOutbound, Counter: this.said.length + 1 };
    this.said.push(sentence);
    if (IsOutbound) this.#line?.heard(JSON.stringify(["SE_CHAT_SENTENCE", this.#full(sentence)]));
    return this.#full(sentence);
  }

  #full = (sentence: object) => ({ ...NAMES, ...sentence });

  readonly fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    this.atOnce += 1;
    expect(this.atOnce).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.atOnce -= 1;
    const body = JSON.parse(String(init?.body));
    this.asked.push({ ...body, headers: init?.headers as Record<string, string> });
    this.credentials.push(init?.credentials);
    const instead = this.instead.shift();
    if (instead === "never") {
      return new Promise((_, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    if (instead instanceof Error) throw instead;
    if (instead !== undefined) return instead;
    let told = Number(body.Cursor ?? this.said.length);
    const frames: unknown[] = [];
    for (const text of body.Frames) {
      const answer = this.#answer(JSON.parse(text));
      const own = (answer?.[1] as { Counter?: number } | undefined)?.Counter;
      for (; told < this.said.length; told += 1) {
        if (told + 1 !== own) frames.push(["SE_CHAT_SENTENCE", this.#full(this.said[told] ?? {})]);
      }
      if (answer !== undefined) frames.push(answer);
    }
    const news = this.said.slice(told).map((one) => ["SE_CHAT_SENTENCE", this.#full(one)]);
    const Frames = [...frames, ...news].map((one) => JSON.stringify(one));
    return Response.json({ Frames, Cursor: String(this.said.length) });
  };

  readonly socket: Dial = (hearing) => {
    this.sockets += 1;
    if (this.lives === "no") queueMicrotask(() => hearing.closed("refused"));
    else queueMicrotask(() => hearing.opened());
    return {
      send: (wire) => {
        if (this.lives !== "yes") return;
        this.#line = hearing;
        this.heardBySocket.push(JSON.parse(String(wire))[0]);
        const answer = this.#answer(JSON.parse(String(wire)));
        queueMicrotask(() => answer && hearing.heard(JSON.stringify(answer)));
      },
      close: () => {
        if (this.#line === hearing) this.#line = undefined;
      },
    };
  };

  cut(): void {
    const line = this.#line;
    this.#line = undefined;
    line?.closed("cut");
  }

  #answer([type, said, headers]: Tree): [string, unknown, object?] | undefined {
    const Re = { Re: headers?.Id };
    switch (type) {
      case "SYS_HELLO":
        return ["SYS_WELCOME", { HeartbeatSeconds: 30, FrameBytes: 393_216 }, Re];
      case "SYS_PING":
        return ["SYS_PONG", {}];
      case "ES_CHAT_RESYNC":
        return ["SE_CHAT_LIST", [{ ...NAMES, Status: "Answered" }], Re];
      case "ES_CHAT_STATUS": {
        const Sentences = this.said.map(this.#full);
        return ["SE_CHAT_STATUS", { ...NAMES, Status: "Answered", Sentences }, Re];
      }
      case "ES_CHAT_SENTENCE":
        return ["SE_CHAT_SENTENCE", this.say(String(said.ID), String(said.Text), false), Re];
      default:
        return undefined;
    }
  }
}

let site: Site;
let events: Event[];
let changes: number;
let client: Client;

const later = (milliseconds = 100) => vi.advanceTimersByTimeAsync(milliseconds);
const kinds = () => events.map((event) => event.kind);
const added = () =>
  events.flatMap((event) => (event.kind === "SentenceAdded" ? [event.sentence.Text] : []));
const problem = (status: number, code: string, headers: HeadersInit = {}) =>
  Response.json({ status, code, detail: "why" }, { status, headers });

function join(token = "t", tokens?: (isRefused: boolean) => Promise<string>): void {
  const dial = polling({
    url: "https://here/api/Frames",
    fetch: site.fetch,
    socket: site.socket,
    changed: () => {
      changes += 1;
    },
  });
  client = new Client(
    { role: "connector", gateways: [{ peer: "shop" }], token, tuning: { confirm: false } },
    dial,
    {
      clock: () => Date.now() / 1000,
      random: () => 0,
      ...(tokens ? { token: tokens } : {}),
    },
  );
  client.on((event) => events.push(event));
}

const send = (text: string, id = text) =>
  client.send(client.session.chats.all[0]?.ref ?? expect.fail(), text, { id });

beforeEach(() => {
  vi.useFakeTimers();
  [site, events, changes] = [new Site(), [], 0];
});
afterEach(() => {
  client.close();
  vi.useRealTimers();
});

describe("frames by requests", () => {
  test("who the visitor is goes into a header, and never into an address or a body", async () => {
    join("secret");
    await later(300);
    expect(kinds()).toContain("Ready");
    const [hello, ...others] = site.asked;
    expect(JSON.stringify(hello?.Frames)).not.toContain("secret");
    expect(hello?.headers).toMatchObject({ "Parley-Visitor": "secret", "Parley-Site": "shop" });
    expect(others.every(({ headers }) => headers["Parley-Visitor"] === "secret")).toBe(true);
    expect(new Set(site.credentials)).toEqual(new Set(["omit"]));
  });

  test("on a page of the same origin it is the cookie", async () => {
    join("cookie");
    await later(300);
    expect(site.asked[0]?.headers).not.toHaveProperty("Parley-Visitor");
    expect(new Set(site.credentials)).toEqual(new Set(["same-origin"]));
  });

  test("a conversation, each line once and in order", async () => {
    join();
    await later(300);
    site.say("a", "Hello", true);
    await later(5_000);
    const echo = send("Good morning");
    site.say("b", "between", true);
    await later();
    expect(await echo).toMatchObject({ Text: "Good morning", Counter: 3 });
    await later(5_000);
    expect(added()).toEqual(["Hello", "between", "Good morning"]);
    expect(kinds()).not.toContain("Disconnected");
  });

  test("one at a time, and what is said meanwhile goes into the next", async () => {
    join();
    await later(300);
    const before = site.asked.length;
    for (const text of ["1", "2", "3"]) void send(text);
    client.typing(client.session.chats.all[0]?.ref ?? expect.fail(), true);
    await later(300);
    expect(added()).toEqual(["1", "2", "3"]);
    expect(site.asked.length - before).toBeLessThan(6);
  });

  test("seldom where nothing happens, and soon where something does", async () => {
    join();
    await later(60_000);
    const before = site.asked.length;
    await later(60_000);
    const quiet = site.asked.length - before;
    expect(quiet).toBeGreaterThanOrEqual(11);
    expect(quiet).toBeLessThanOrEqual(14);
    const frames = site.asked.slice(before).flatMap(({ Frames }) => Frames);
    expect(new Set(frames.map((text) => JSON.parse(text)[0]))).toEqual(new Set(["SYS_PING"]));
    void send("x");
    await later(100);
    expect(site.asked.length).toBe(before + quiet + 1);
    await later(1_100);
    expect(site.asked.length).toBe(before + quiet + 2);
  });

  test("what is long goes alone, and no more than thirty-two in one", async () => {
    join();
    await later(300);
    const asked = Array.from({ length: 40 }, () =>
      client.request("ES_CHAT_STATUS", { Peer: "shop", TrackingId: "visitor" }),
    );
    const long = client.request("ES_BLOB_PUT", { Peer: "shop", Data: "x".repeat(100_000) });
    long.catch(() => {});
    await later(1_000);
    await Promise.all(asked);
    const counts = site.asked.map(({ Frames }) => Frames.length);
    expect(Math.max(...counts)).toBe(32);
    const alone = site.asked.filter(({ Frames }) => Frames.join().length > 100_000);
    expect(alone.map(({ Frames }) => Frames.length)).toEqual([1]);
  });

  test("W-20, W-26: a request without an answer ends the connection, and its line comes again", async () => {
    join();
    await later(300);
    site.instead = [new TypeError("network")];
    const echo = send("once", "key");
    await later(50);
    expect(events.at(-1)).toMatchObject({ kind: "Disconnected", why: "network" });
    await later(5_000);
    expect(await echo).toMatchObject({ ID: "key", Counter: 1 });
    expect(added()).toEqual(["once"]);
    expect(site.said).toHaveLength(1);
  });

  test("one that is never answered is given up", async () => {
    join();
    await later(300);
    site.instead = ["never"];
    await later(25_000);
    const lost = events.find((event) => event.kind === "Disconnected");
    expect(lost).toMatchObject({ why: "no answer" });
    expect(client.session.phase).toBe("ready");
  });

  test("too fast: the same again, when it may be", async () => {
    join();
    await later(300);
    site.instead = [problem(429, "RateLimited", { "Retry-After": "3" })];
    const echo = send("x");
    await later(2_900);
    expect(site.said).toEqual([]);
    await later(300);
    expect(await echo).toMatchObject({ Text: "x" });
    expect(kinds()).not.toContain("Disconnected");
  });
});

describe("refusals", () => {
  test("a token that is no good is asked for again", async () => {
    site.instead = [problem(401, "AuthFailed")];
    const refused: boolean[] = [];
    join("", async (isRefused) => {
      refused.push(isRefused);
      return isRefused ? "new" : "old";
    });
    await later(3_000);
    expect(refused).toEqual([false, true]);
    expect(site.asked.at(-1)?.headers).toMatchObject({ "Parley-Visitor": "new" });
    expect(client.session.phase).toBe("ready");
  });

  test("while there is no broker it is tried again and again", async () => {
    site.instead = Array.from({ length: 3 }, () => problem(503, "Overloaded"));
    join();
    await later(10_000);
    expect(kinds().filter((kind) => kind === "Disconnected")).toHaveLength(3);
    expect(client.session.phase).toBe("ready");
  });

  test("what somebody between says does not end the session", async () => {
    site.instead = [new Response("<h1>Forbidden</h1>", { status: 403 })];
    join();
    await later(5_000);
    expect(client.session.phase).toBe("ready");
  });

  test("of a page that may not use the site it does", async () => {
    site.instead = [problem(403, "NotAllowed")];
    join();
    await later(5_000);
    expect(client.session.phase).toBe("ended");
    expect(site.asked).toHaveLength(1);
  });
});

describe("back to the socket", () => {
  test("when it carries something, unnoticed: no line lost or doubled", async () => {
    join();
    await later(4_000);
    site.lives = "yes";
    const asked = Array.from({ length: 40 }, (_, number) => {
      setTimeout(() => void send(`mine ${number}`), number * 60);
      setTimeout(() => site.say(`theirs ${number}`, `theirs ${number}`, true), number * 60 + 30);
      return [`mine ${number}`, `theirs ${number}`];
    }).flat();
    await later(10_000);
    expect(changes).toBe(1);
    expect(added()).toHaveLength(asked.length);
    expect(new Set(added())).toEqual(new Set(asked));
    expect(added()).toEqual(site.said.map((one) => one.Text));
    expect(kinds()).not.toContain("Disconnected");
    expect(kinds().filter((kind) => kind === "Connected")).toHaveLength(1);
    expect(site.heardBySocket.filter((type) => type === "ES_CHAT_SENTENCE").length).toBeGreaterThan(
      0,
    );
    const requests = site.asked.length;
    void send("by the socket");
    await later(20_000);
    expect(added().at(-1)).toBe("by the socket");
    expect(site.asked).toHaveLength(requests);
  });

  test("and by requests again when that is lost", async () => {
    site.lives = "yes";
    join();
    await later(6_000);
    expect(changes).toBe(1);
    site.lives = "no";
    const requests = site.asked.length;
    site.cut();
    void send("x");
    await later(2_000);
    expect(added()).toEqual(["x"]);
    expect(site.asked.length).toBeGreaterThan(requests);
  });

  test.each(["no", "silent"] as const)("looks for it more and more seldom (%s)", async (lives) => {
    site.lives = lives;
    join();
    await later(5_500);
    expect(site.sockets).toBe(1);
    await later(25_000);
    expect(site.sockets).toBe(2);
    await later(3_600_000);
    expect(site.sockets).toBeGreaterThan(10);
    expect(site.sockets).toBeLessThan(20);
    expect(kinds()).not.toContain("Disconnected");
  });

  test("a socket that is lost again and again is looked for more and more seldom", async () => {
    site.lives = "yes";
    join();
    for (let times = 0; times < 40; times += 1) {
      await later(7_000);
      site.cut();
    }
    expect(site.sockets).toBeGreaterThan(2);
    expect(site.sockets).toBeLessThan(8);
  });

  test("what is closed asks and looks no more", async () => {
    join();
    await later(4_990);
    client.close();
    const [requests, looks] = [site.asked.length, site.sockets];
    await later(60_000);
    expect([site.asked.length, site.sockets]).toEqual([requests, looks]);
  });
});
