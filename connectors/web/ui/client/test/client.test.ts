/** The client with its clock and its network: under virtual time, before a broker of a few lines. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ChatRef,
  Client,
  type Dial,
  download,
  type Event,
  type Frame,
  frameOf,
  type Headers,
  type Hearing,
  JSON_FRAMES,
  type Settings,
  type Surroundings,
  upload,
  webSocket,
} from "../src/index.ts";

const SETTINGS: Settings = { role: "connector", gateways: [{ peer: "shop" }], token: "t" };
const CHAT = "0f8fad5b-d9cb-469f-a165-70867728950e";

/** A broker with one chat, that keeps what it is told over its connections. */
class Broker {
  heard: Frame[] = [];
  said: { ID: string; Text: string; Counter: number }[] = [];
  blobs = new Map<string, string>();
  isDeaf = false;
  isAway = false;
  dialled = 0;
  tokens: string[] = [];
  refuses: string[] = [];
  #line: Hearing | undefined;

  readonly dial: Dial = (hearing) => {
    this.dialled += 1;
    if (this.isAway) queueMicrotask(() => hearing.closed("nobody there"));
    else {
      this.#line = hearing;
      queueMicrotask(() => hearing.opened());
    }
    return {
      send: (wire) => {
        if (!this.isDeaf && this.#line === hearing) this.#hear(JSON_FRAMES.decode(wire));
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

  push(type: string, payload: unknown, headers?: Headers): void {
    const line = this.#line;
    const wire = JSON.stringify(headers ? [type, payload, headers] : [type, payload]);
    queueMicrotask(() => line === this.#line && line?.heard(wire));
  }

  types(): string[] {
    return this.heard.map((frame) => frame.type);
  }

  get #chat() {
    const Sentences = this.said.map((one) => ({ ...this.#names, ...one }));
    return { ...this.#names, Status: "Answered", Sentences };
  }

  readonly #names = { Peer: "shop", TrackingId: "visitor", ChatId: CHAT };

  #hear(frame: Frame): void {
    this.heard.push(frame);
    const Re = frame.headers.Id;
    const code = frame.type === "ES_CHAT_SENTENCE" ? this.refuses.shift() : undefined;
    if (code !== undefined) {
      this.push("SYS_ERROR", { Code: code, Type: frame.type, Fatal: false }, { Re });
      return;
    }
    switch (frame.type) {
      case "SYS_HELLO":
        this.tokens.push(frame.payload.Token ?? "");
        if (frame.payload.Token === "old") {
          this.push("SYS_ERROR", { Code: "AuthFailed", Fatal: true });
        } else {
          this.push("SYS_WELCOME", { HeartbeatSeconds: 30, FrameBytes: 1000, SessionId: CHAT });
        }
        break;
      case "ES_CHAT_RESYNC":
        this.push(
          "SE_CHAT_LIST",
          this.said.length > 0 ? [{ ...this.#chat, Sentences: null }] : [],
          {
            Re,
          },
        );
        break;
      case "ES_CHAT_START":
      case "ES_CHAT_STATUS":
        this.push("SE_CHAT_STATUS", this.#chat, { Re });
        break;
      case "ES_CHAT_SENTENCE": {
        const { ID = "", Text = "" } = frame.payload as { ID: string; Text: string };
        const known = this.said.find((one) => one.ID === ID);
        const said = known ?? { ID, Text, Counter: this.said.length + 1 };
        if (known === undefined) this.said.push(said);
        this.push("SE_CHAT_SENTENCE", { ...this.#names, ...said }, { Re });
        break;
      }
      case "ES_BLOB_PUT": {
        const { BlobId = "", Data, Size, Offset } = frame.payload;
        const before = this.blobs.get(`${BlobId}`) ?? "";
        const known = atob(before).length;
        const isNext = (Offset ?? 0) === known;
        const now = isNext ? btoa(atob(before) + atob(Data ?? "")) : before;
        this.blobs.set(`${BlobId}`, now);
        const length = atob(now).length;
        const IsComplete = length === Size;
        this.push("SE_BLOB_STATUS", { Peer: "shop", BlobId, Offset: length, IsComplete }, { Re });
        break;
      }
      case "ES_BLOB_GET": {
        const whole = atob(this.blobs.get(`${frame.payload.BlobId}`) ?? "");
        const at = frame.payload.Offset ?? 0;
        const Data = btoa(whole.slice(at, at + 150));
        this.push("SE_BLOB_DATA", { ...frame.payload, Data, Size: whole.length }, { Re });
        break;
      }
      default:
        break;
    }
  }
}

let broker: Broker;
let events: Event[];

function joined(around: Surroundings = {}, settings: Settings = SETTINGS): Client {
  const clock = () => Date.now() / 1000;
  const client = new Client(settings, broker.dial, { clock, random: () => 0, ...around });
  client.on((event) => events.push(event));
  return client;
}

async function started(client: Client): Promise<ChatRef> {
  await vi.advanceTimersByTimeAsync(1);
  const { ref, started } = client.startChat({ Peer: "shop", TrackingId: "visitor" });
  await vi.advanceTimersByTimeAsync(1);
  await started;
  return ref;
}

const kinds = () => events.map((event) => event.kind);

beforeEach(() => {
  vi.useFakeTimers();
  broker = new Broker();
  events = [];
});
afterEach(() => void vi.useRealTimers());

describe("W-10, W-25: coming and coming back", () => {
  test("hello, resync, ready", async () => {
    const client = joined();
    const ready = client.ready();
    await vi.advanceTimersByTimeAsync(1);
    await ready;
    expect(broker.types()).toEqual(["SYS_HELLO", "ES_CHAT_RESYNC"]);
    expect(kinds()).toEqual(["Connected", "Ready"]);
    client.close();
    expect(broker.types().at(-1)).toBe("SYS_BYE");
    expect(kinds().at(-1)).toBe("SessionEnded");
    await expect(client.ready()).rejects.toThrow("Closed");
    await expect(client.request("ES_CHAT_STOP", {})).rejects.toThrow("Closed");
  });

  test("tries are further and further apart, unless somebody looks", async () => {
    broker.isAway = true;
    const client = joined();
    await vi.advanceTimersByTimeAsync(0.6e3 + 1e3 + 2e3);
    expect(broker.dialled).toBe(4);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(broker.dialled).toBe(4);
    client.dialNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(broker.dialled).toBe(5);
    broker.isAway = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.session.phase).toBe("ready");
  });

  test("a network that is known to be gone is not waited for", async () => {
    const client = joined();
    await started(client);
    client.hangUp();
    client.hangUp();
    expect(events.at(-1)).toMatchObject({ kind: "Disconnected", why: "no network" });
    expect(kinds().filter((kind) => kind === "Disconnected")).toHaveLength(1);
    client.dialNow();
    await vi.advanceTimersByTimeAsync(10);
    expect(client.session.phase).toBe("ready");
  });

  test("W-12: a broker that says nothing is asked, and then left", async () => {
    const client = joined();
    await vi.advanceTimersByTimeAsync(1);
    broker.isDeaf = true;
    await vi.advanceTimersByTimeAsync(60_100);
    expect(kinds().at(-1)).toBe("Disconnected");
    broker.isDeaf = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(client.session.phase).toBe("ready");
  });

  test("a token that is no good is asked for again", async () => {
    const given: boolean[] = [];
    const token = async (isRefused: boolean) => {
      given.push(isRefused);
      if (given.length === 2) throw new Error("no token just now");
      return given.length === 1 ? "old" : "new";
    };
    const client = joined({ token });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(given).toEqual([false, true, true]);
    expect(broker.tokens).toEqual(["old", "new"]);
    expect(kinds().filter((kind) => kind === "TokenRefused")).toHaveLength(1);
    expect(client.session.phase).toBe("ready");
  });

  test("a token that is no good, where there is no other, is the end", async () => {
    joined({}, { ...SETTINGS, token: "old" });
    await vi.advanceTimersByTimeAsync(1);
    expect(events.at(-1)).toMatchObject({ kind: "SessionEnded", error: { code: "AuthFailed" } });
  });

  test("a broker that says what no broker says is left", async () => {
    joined();
    await vi.advanceTimersByTimeAsync(1);
    broker.push("SYS_WELCOME", {});
    await vi.advanceTimersByTimeAsync(1);
    expect(broker.heard.at(-1)).toMatchObject({ payload: { Code: "ProtocolError" } });
    expect(kinds().at(-1)).toBe("Disconnected");
  });
});

describe("W-20, W-21, W-26: sentences", () => {
  test("are sent when they may be, and told when they are durable", async () => {
    const client = joined();
    const { ref } = client.startChat({ Peer: "shop", TrackingId: "visitor" });
    const echo = client.send(ref, "Hi", { id: "k1" });
    expect(client.session.unsent(ref).map((one) => one.Text)).toEqual(["Hi"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(await echo).toMatchObject({ ID: "k1", Counter: 1 });
    expect(client.session.unsent(ref)).toEqual([]);
    expect(kinds().slice(-3)).toEqual(["RequestDone", "SentenceAdded", "SentenceEchoed"]);
  });

  test("outlive connections, once and in order", async () => {
    const client = joined();
    const ref = await started(client);
    broker.isDeaf = true;
    const echoes = ["one", "two", "three"].map((text) => client.send(ref, text));
    await vi.advanceTimersByTimeAsync(5_000);
    broker.cut();
    broker.isDeaf = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await Promise.all(echoes)).map((one) => one.Counter)).toEqual([1, 2, 3]);
    expect(broker.said.map((one) => one.Text)).toEqual(["one", "two", "three"]);
  });

  test("without an echo are said again with their key", async () => {
    const client = joined();
    const ref = await started(client);
    broker.isDeaf = true;
    const echo = client.send(ref, "Hi", { id: "k" });
    await vi.advanceTimersByTimeAsync(19_000);
    broker.isDeaf = false;
    expect(broker.said).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await echo).toMatchObject({ ID: "k" });
  });

  test("refused for a moment come again after a pause, and keep their order", async () => {
    const client = joined();
    const ref = await started(client);
    broker.refuses = ["RateLimited", "RateLimited"];
    const [first, second] = [client.send(ref, "first"), client.send(ref, "second")];
    await vi.advanceTimersByTimeAsync(1_100);
    expect(broker.said).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    await Promise.all([first, second]);
    expect(broker.said.map((one) => one.Text)).toEqual(["first", "second"]);
  });

  test("refused for good are told so, and may be said again with the same key", async () => {
    const client = joined();
    const ref = await started(client);
    broker.refuses = ["TooLong"];
    const refused = expect(client.send(ref, "Hi", { id: "k" })).rejects.toThrow("TooLong");
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    expect(kinds().at(-1)).toBe("SentenceRefused");
    const echo = client.send(ref, "Hi", { id: "k" });
    await vi.advanceTimersByTimeAsync(1);
    expect(await echo).toMatchObject({ ID: "k", Counter: 1 });
  });

  test("that no broker takes are refused here", async () => {
    const client = joined();
    const ref = await started(client);
    await expect(client.send(ref, "half \ud83d")).rejects.toThrow("half a surrogate pair");
    await expect(client.send(ref, "nul \0")).rejects.toThrow("U+0000");
    const tooLong = expect(client.send(ref, "x".repeat(1000))).rejects.toThrow("FrameTooLarge");
    await vi.advanceTimersByTimeAsync(1);
    await tooLong;
    expect(broker.types()).not.toContain("ES_CHAT_SENTENCE");
  });
});

test("W-22: a gap is mended by a snapshot before anything behind it is given out", async () => {
  const client = joined();
  const ref = await started(client);
  broker.said = [1, 2, 3].map((n) => ({ ID: `a${n}`, Text: `${n}`, Counter: n, IsOutbound: true }));
  const names = { Peer: "shop", TrackingId: "visitor", ChatId: CHAT };
  broker.push("SE_CHAT_SENTENCE", { ...names, ...broker.said[2] });
  await vi.advanceTimersByTimeAsync(1);
  const given = events.flatMap((event) =>
    event.kind === "SentenceAdded" ? event.sentence.Text : [],
  );
  expect(given).toEqual(["1", "2", "3"]);
  expect(broker.types().filter((type) => type === "ES_CHAT_CONFIRM")).toHaveLength(3);
  expect(client.session.chats.get(ref)?.view.complete).toBe(true);
});

describe("W-23: typing", () => {
  test("is told seldom and taken back", async () => {
    const client = joined();
    const ref = await started(client);
    for (let key = 0; key < 20; key++) {
      client.typing(ref, true);
      await vi.advanceTimersByTimeAsync(200);
    }
    await vi.advanceTimersByTimeAsync(7_000);
    const typing = broker.heard.filter((frame) => frame.type === "ES_CHAT_TYPING");
    expect(typing.map((frame) => (frame.payload as { IsTyping: boolean }).IsTyping)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("of the other side ends by itself", async () => {
    const client = joined();
    await started(client);
    broker.push("SE_CHAT_TYPING", { Peer: "shop", TrackingId: "visitor", IsTyping: true });
    await vi.advanceTimersByTimeAsync(7_000);
    expect(events.at(-1)).toMatchObject({ kind: "TypingChanged", isTyping: true });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(events.at(-1)).toMatchObject({ kind: "TypingChanged", isTyping: false });
  });
});

describe("B-61: attachments", () => {
  const name = { peer: "shop", blobId: CHAT };
  const data = Uint8Array.from({ length: 400 }, (_, i) => i & 255);

  test("go on where they stopped, and come back whole", async () => {
    const client = joined();
    await vi.advanceTimersByTimeAsync(1);
    broker.blobs.set(CHAT, btoa(String.fromCharCode(...data.subarray(0, 100))));
    const sent: number[] = [];
    const up = upload(client, name, data, { name: "a.bin", progress: (n) => sent.push(n) });
    await vi.advanceTimersByTimeAsync(10);
    expect(await up).toMatchObject({ BlobId: CHAT, Name: "a.bin", Size: 400 });
    expect(sent).toEqual([100, 400]);
    const down = download(client, name);
    await vi.advanceTimersByTimeAsync(10);
    expect([...(await down).data]).toEqual([...data]);
  });

  test("that are not what their digest says are refused", async () => {
    const client = joined();
    await vi.advanceTimersByTimeAsync(1);
    broker.blobs.set(CHAT, btoa("abc"));
    const down = expect(
      download(client, name).then(() => {
        throw new Error("taken");
      }),
    ).rejects.toThrow("taken");
    await vi.advanceTimersByTimeAsync(10);
    await down;
    const put = broker.push.bind(broker);
    broker.push = (type, payload, headers) =>
      put(
        type,
        type === "SE_BLOB_DATA" ? { ...(payload as object), Sha256: "00" } : payload,
        headers,
      );
    const broken = expect(download(client, name)).rejects.toThrow("another SHA-256");
    await vi.advanceTimersByTimeAsync(10);
    await broken;
  });
});

test("a WebSocket carries one frame in each text message", async () => {
  const sockets: FakeSocket[] = [];
  class FakeSocket extends EventTarget {
    readonly OPEN = 1;
    readyState = 0;
    sent: string[] = [];
    readonly url: string;
    constructor(url: string) {
      super();
      this.url = url;
      sockets.push(this);
    }
    send(text: string) {
      this.sent.push(text);
    }
    close() {
      this.readyState = 3;
    }
  }
  const dial = webSocket("ws://here/ws", FakeSocket as unknown as typeof WebSocket);
  const client = new Client(SETTINGS, dial, { clock: () => Date.now() / 1000, random: () => 0 });
  client.on((event) => events.push(event));
  await vi.advanceTimersByTimeAsync(1);
  const [socket] = sockets;
  if (socket === undefined) throw new Error("nothing was dialled");
  socket.readyState = 1;
  socket.dispatchEvent(new Event("open"));
  const hello = frameOf(JSON.parse(socket.sent[0] ?? ""));
  expect(hello).toMatchObject({ type: "SYS_HELLO", payload: { Token: "t", Peers: ["shop"] } });
  socket.dispatchEvent(new MessageEvent("message", { data: '["SYS_WELCOME",{}]' }));
  expect(kinds()).toEqual(["Connected"]);
  socket.dispatchEvent(new CloseEvent("close", { code: 1012, reason: "" }));
  expect(events.at(-1)).toMatchObject({ kind: "Disconnected", why: "closed (1012)" });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sockets).toHaveLength(2);
});
