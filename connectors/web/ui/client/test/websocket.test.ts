/** A WebSocket as a way to the broker: what is of no use, and what has gone without a word. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Connection, webSocket } from "../src/index.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a WebSocket that is of no use", () => {
  class FakeSocket extends EventTarget {
    static all: FakeSocket[] = [];
    readonly OPEN = 1;
    readonly readyState = 1;
    sent: string[] = [];
    isClosed = false;
    constructor(url: string) {
      super();
      if (url === "forbidden") throw new Error("by a policy");
      FakeSocket.all.push(this);
    }
    send(text: string) {
      this.sent.push(text);
    }
    close() {
      this.isClosed = true;
    }
  }
  const told: string[] = [];
  let connection: Connection;
  function dialled(url = "ws://here/ws"): FakeSocket | undefined {
    told.length = 0;
    FakeSocket.all = [];
    const dial = webSocket(url, FakeSocket as unknown as typeof WebSocket, () =>
      told.push("useless"),
    );
    connection = dial({
      opened: () => told.push("opened"),
      heard: () => told.push("heard"),
      closed: (why) => told.push(why),
    });
    return FakeSocket.all[0];
  }

  test("is refused", () => {
    const socket = dialled();
    socket?.dispatchEvent(new Event("error")); // which a close follows
    socket?.dispatchEvent(new CloseEvent("close", { code: 1006 }));
    expect(told).toEqual(["useless", "closed (1006)"]);
  });

  test("opens and carries nothing, or does not even open", async () => {
    for (const opens of [true, false]) {
      const socket = dialled();
      if (opens) socket?.dispatchEvent(new Event("open"));
      await vi.advanceTimersByTimeAsync(7_900);
      expect(told).toEqual(opens ? ["opened"] : []);
      await vi.advanceTimersByTimeAsync(200);
      expect(told.slice(-2)).toEqual(["useless", "nothing was heard"]);
      expect(socket?.isClosed).toBe(true);
      socket?.dispatchEvent(new MessageEvent("message", { data: "late" }));
      socket?.dispatchEvent(new CloseEvent("close", { code: 1006 }));
      expect(told.slice(-1)).toEqual(["nothing was heard"]);
    }
  });

  test("is forbidden", async () => {
    dialled("forbidden");
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual(["useless", "Error: by a policy"]);
  });

  test("went away without a word: what is said is followed by a ping", async () => {
    const socket = dialled();
    socket?.dispatchEvent(new MessageEvent("message", { data: "[]" }));
    await vi.advanceTimersByTimeAsync(60_000);
    connection.send("a line");
    await vi.advanceTimersByTimeAsync(3_900);
    connection.send("another");
    expect(socket?.sent).toEqual(["a line", "another"]);
    await vi.advanceTimersByTimeAsync(200);
    expect(socket?.sent.at(-1)).toBe('["SYS_PING",{}]');
    socket?.dispatchEvent(new MessageEvent("message", { data: "[]" }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(["heard", "heard"]);
    connection.send("a line");
    await vi.advanceTimersByTimeAsync(11_900);
    expect(told).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(told.at(-1)).toBe("nothing was heard");
    expect(told).not.toContain("useless");
    expect(socket?.isClosed).toBe(true);
  });

  test("is not one on which something long is on its way", async () => {
    const socket = dialled();
    socket?.dispatchEvent(new MessageEvent("message", { data: "[]" }));
    connection.send("a line");
    connection.send("x".repeat(400_000));
    connection.send("a line");
    await vi.advanceTimersByTimeAsync(50_000);
    expect(socket?.sent).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(told.at(-1)).toBe("nothing was heard");
  });

  test("is not one that carried something", async () => {
    const socket = dialled();
    socket?.dispatchEvent(new MessageEvent("message", { data: "[]" }));
    await vi.advanceTimersByTimeAsync(60_000);
    socket?.dispatchEvent(new CloseEvent("close", { code: 1012 }));
    expect(told).toEqual(["heard", "closed (1012)"]);
  });
});
