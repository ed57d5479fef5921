/** A frame, and how it is written: the JSON form is what a program has in its hands. */

import type { FrameType, Payloads } from "./protocol.ts";

/** What a frame has besides type and payload (W-2). */
export interface Headers {
  Id?: number | string;
  Re?: number | string;
  More?: number;
  traceparent?: string;
}

/** A frame of one type, or of any. */
export type Frame<T extends FrameType = FrameType> = {
  [K in T]: { type: K; payload: Payloads[K]; headers: Headers };
}[T];

/** A body on the wire: text where frames are JSON, bytes where they are MessagePack. */
export type Wire = string | Uint8Array;

/** One of the two ways to write a frame (W-9). */
export interface Encoding {
  readonly name: string;
  /** Write a frame; its length in front of it is the transport's. */
  encode(type: string, payload: unknown, headers?: Headers): Wire;
  /** Read one, or throw `BadFrame`. */
  decode(wire: Wire): Frame;
}

/** What came is no frame. */
export class BadFrame extends Error {
  override name = "BadFrame";
}

/** Make a frame of the array that came, in which a payload or headers may be null. */
export function frameOf(tree: unknown): Frame {
  if (!Array.isArray(tree) || tree.length < 2 || tree.length > 3 || typeof tree[0] !== "string") {
    throw new BadFrame("not an array of type, payload and headers");
  }
  const [type, payload, headers] = tree;
  return { type, payload: payload ?? {}, headers: headers ?? {} } as Frame;
}

/** How many bytes a body has. */
export function sizeOf(wire: Wire): number {
  return typeof wire === "string" ? new TextEncoder().encode(wire).length : wire.length;
}

/** Frames as JSON texts. */
export const JSON_FRAMES: Encoding = {
  name: "JSON",
  encode: (type, payload, headers) =>
    JSON.stringify(headers === undefined ? [type, payload] : [type, payload, headers]),
  decode(wire) {
    const text = typeof wire === "string" ? wire : new TextDecoder().decode(wire);
    try {
      return frameOf(JSON.parse(text));
    } catch (error) {
      throw error instanceof BadFrame ? error : new BadFrame("not JSON");
    }
  },
};
