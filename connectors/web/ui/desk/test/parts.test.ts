import { expect, test } from "vitest";
import type { Connection, Hearing } from "../../client/src/client.ts";
import { refusal } from "../src/api.ts";
import { deskSocket } from "../src/model.ts";

class FakeSocket extends EventTarget {
  static last: FakeSocket;
  readonly OPEN = 1;
  readyState = 1;
  constructor(_url: string) {
    super();
    FakeSocket.last = this;
  }
  send(): void {}
  close(): void {}
}

test("what is no frame of the protocol goes aside", () => {
  const real = globalThis.WebSocket;
  globalThis.WebSocket = FakeSocket as unknown as typeof WebSocket;
  try {
    const [heard, aside]: [unknown[], number[]] = [[], []];
    const hearing: Hearing = {
      opened: () => {},
      heard: (wire) => heard.push(wire),
      closed: () => {},
    };
    const connection: Connection = deskSocket("ws://desk", (seconds) => aside.push(seconds))(
      hearing,
    );
    for (const data of ['["DESK_SESSION",{"EndsInSeconds":90}]', '["SYS_PING",{}]']) {
      FakeSocket.last.dispatchEvent(Object.assign(new Event("message"), { data }));
    }
    expect(heard).toEqual(['["SYS_PING",{}]']);
    expect(aside).toEqual([90]);
    connection.close();
  } finally {
    globalThis.WebSocket = real;
  }
});

test("a refusal is said so that a person can do something", () => {
  expect(refusal(429, "7")).toBe("Too many tries. Try again in 7 seconds.");
  expect(refusal(503, "2")).toContain("away");
  expect(refusal(401, null)).toContain("not right");
  expect(refusal(500, null)).toContain("500");
});
