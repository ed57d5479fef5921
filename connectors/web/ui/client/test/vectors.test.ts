/** The golden frames of `tests/conformance`, which another implementation has written. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadFrame, JSON_FRAMES } from "../src/frames.ts";
import { MESSAGEPACK, pack, unpack } from "../src/msgpack.ts";

interface Case {
  name: string;
  hex: string;
  frame: [string, unknown, Record<string, unknown>?];
}
interface Malformed {
  name: string;
  hex: string;
  code: string;
}

const data = new URL("../../../../../tests/conformance/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, data), "utf8"));
const bodyOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex")).subarray(4);
const golden: Case[] = ["session", "connector", "workplace"].flatMap((name) =>
  read(`vectors/${name}.json`),
);

describe("W-1, W-2, W-5..W-8: every frame of the catalogue", () => {
  test.each(golden.map((one) => [one.name, one] as const))("%s", (_, { hex, frame }) => {
    expect(unpack(bodyOf(hex))).toEqual(frame);
    expect(Buffer.from(pack(frame)).toString("hex")).toBe(hex.slice(8));
  });

  test("there are some", () => expect(golden.length).toBeGreaterThan(100));
});

describe("W-2, W-7: other ways to write the same", () => {
  const ways = /^(array|map|type as str8|time: timestamp|payload nil)/;
  const accepted: Case[] = read("vectors/accepted.json").filter((one: Case) => ways.test(one.name));
  test.each(accepted.map((one) => [one.name, one] as const))("%s", (_, { hex, frame }) => {
    const [type, payload] = frame;
    const { payload: found, ...rest } = MESSAGEPACK.decode(bodyOf(hex));
    expect(rest).toEqual({ type, headers: {} });
    // What it leaves out reads as nothing; what is null is as good as left out.
    const plain = { IsOutbound: false, Counter: 0, Model: 0 };
    const said = Object.entries(found).filter((entry) => entry[1] !== null);
    expect(payload).toEqual(
      type === "ES_CHAT_SENTENCE"
        ? { ...plain, ...Object.fromEntries(said) }
        : Object.fromEntries(said),
    );
  });
  test("there are some", () => expect(accepted.length).toBeGreaterThan(8));
});

describe("W-4: what is no frame", () => {
  const malformed: Malformed[] = read("malformed/frames.json").filter(
    (one: Malformed) => one.code === "BadFrame" && one.hex.length > 8,
  );
  // A broker bounds what hostile clients say; a client passes over a type that it does not know.
  const bad = malformed.filter((one) => !/a map of 300|empty maps|type is bin/.test(one.name));
  test.each(bad.map((one) => [one.name, one] as const))("%s", (_, { hex }) => {
    expect(() => MESSAGEPACK.decode(bodyOf(hex))).toThrow(BadFrame);
  });
  test("there are some", () => expect(bad.length).toBeGreaterThan(5));
  test("JSON that is none, or no array", () => {
    for (const text of ["", "[", "{}", '"a"', "[1,{}]", '["A"]', '["A",{},{},1]']) {
      expect(() => JSON_FRAMES.decode(text), text).toThrow(BadFrame);
    }
  });
});

test("what no frame may hold is not written", () => {
  for (const value of [0.5, 2 ** 60]) expect(() => pack(["A", { B: value }])).toThrow(BadFrame);
});
