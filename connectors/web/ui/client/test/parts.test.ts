/** The small parts: deadlines, digests, framing, keys. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { newGuid } from "../src/client.ts";
import { atLeast, delayAfter, TUNING } from "../src/settings.ts";
import { sha256 } from "../src/sha256.ts";
import { Framer, framed } from "../src/tcp.ts";
import { Timers } from "../src/timers.ts";

describe("timers", () => {
  test("give out what is due, the earliest first, equal ones as they were set", () => {
    const timers = new Timers<string>();
    for (const [name, when] of [
      ["c", 3],
      ["a", 1],
      ["d", 3],
      ["b", 2],
      ["e", 9],
    ] as const) {
      timers.set(name, name, when);
    }
    timers.set("a", "a", 4);
    timers.cancel("b");
    expect(timers.next).toBe(3);
    expect(timers.due(2.9)).toEqual([]);
    expect(timers.due(5)).toEqual(["c", "d", "a"]);
    expect(timers.next).toBe(9);
    timers.clear();
    expect(timers.next).toBeUndefined();
  });

  test("forget what was set over and over, and keep their order", () => {
    const timers = new Timers<number>();
    for (let turn = 0; turn < 50; turn++) {
      for (let i = 0; i < 20; i++) timers.set(`${i}`, i, 1000 - ((i * 7 + turn) % 20));
    }
    const due = timers.due(2000);
    expect([...due].sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    const order = due.map((i) => 1000 - ((i * 7 + 49) % 20));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

test("SHA-256 is what others say it is, around the ends of blocks too", () => {
  for (const size of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000]) {
    const data = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 255);
    expect(sha256(data), `${size}`).toBe(createHash("sha256").update(data).digest("hex"));
  }
});

describe("W-1: framing", () => {
  const bodies = [new Uint8Array([1]), new Uint8Array(300).fill(7), new Uint8Array([9, 9])];
  const whole = Buffer.concat(bodies.map(framed));

  test.each([1, 2, 3, 5, 100, 1000])("in pieces of %i", (size) => {
    const framer = new Framer();
    const found: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) {
      found.push(...framer.split(Uint8Array.from(whole.subarray(at, at + size))));
    }
    expect(found.map((body) => [...body])).toEqual(bodies.map((body) => [...body]));
  });

  test.each([
    [0, 0, 0, 0],
    [255, 0, 0, 0],
  ])("a length that no body has", (...head) => {
    expect(() => new Framer().split(Uint8Array.from(head))).toThrow();
  });
});

test("keys are Guids of version 4", () => {
  const keys = new Set(Array.from({ length: 100 }, newGuid));
  expect(keys.size).toBe(100);
  for (const key of keys) {
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test("back-off doubles up to its bound, with jitter downwards, and upwards where one was asked for", () => {
  const delays = [1, 2, 3, 7, 99].map((n) => delayAfter(TUNING.backoff, n, () => 0));
  expect(delays).toEqual([0.5, 1, 2, 30, 30]);
  expect(delayAfter(TUNING.backoff, 3, () => 0.5)).toBe(1.5);
  expect(atLeast(TUNING.backoff, 10, () => 0)).toBe(10);
  expect(atLeast(TUNING.backoff, 10, () => 0.5)).toBe(12.5);
});
