/** The way of Node: TCP or TLS to the broker, each body with its length in front of it (W-1). */

import { connect } from "node:net";
import { type ConnectionOptions, connect as connectSecurely } from "node:tls";
import type { Dial } from "./client.ts";

/** Longest body that is taken; what the broker really sends is bounded by its own limits. */
const LONGEST = 64 * 1_048_576;

/** Cuts a stream of bytes into bodies. */
export class Framer {
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** Take bytes in any slicing; gives the bodies that are whole now. Throws when one is too long. */
  split(data: Uint8Array): Uint8Array[] {
    this.#pieces.push(data);
    this.#length += data.length;
    const bodies: Uint8Array[] = [];
    for (let size = this.#next(); size !== undefined; size = this.#next()) {
      const whole = this.#whole();
      bodies.push(whole.subarray(4, 4 + size));
      this.#pieces = [whole.subarray(4 + size)];
      this.#length -= 4 + size;
    }
    return bodies;
  }

  /** The length of the first body, once it is whole. */
  #next(): number | undefined {
    if (this.#length < 4) return undefined;
    const head = (this.#pieces[0]?.length ?? 0) < 4 ? this.#whole() : this.#pieces[0];
    const size = new DataView(head?.buffer ?? new ArrayBuffer(4), head?.byteOffset).getUint32(0);
    if (size === 0 || size > LONGEST) throw new Error(`a body of ${size} bytes`);
    return this.#length < 4 + size ? undefined : size;
  }

  #whole(): Uint8Array {
    const [only] = this.#pieces;
    if (this.#pieces.length === 1 && only !== undefined) return only;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [whole];
    return whole;
  }
}

/** Put the length in front of a body. */
export function framed(body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4 + body.length);
  new DataView(whole.buffer).setUint32(0, body.length);
  whole.set(body, 4);
  return whole;
}

/** Make the way to a broker; `tls` holds the options of `node:tls`. */
export function tcp(host: string, port: number, tls?: ConnectionOptions): Dial {
  return (hearing) => {
    const socket = tls ? connectSecurely({ host, port, ...tls }) : connect(port, host);
    const framer = new Framer();
    let isOver = false;
    let why = "the connection was closed";
    const end = () => {
      if (!isOver) hearing.closed(why);
      isOver = true;
    };
    socket.setNoDelay(true);
    socket.on(tls ? "secureConnect" : "connect", () => hearing.opened());
    socket.on("data", (data: Uint8Array) => {
      try {
        for (const body of framer.split(data)) if (!isOver) hearing.heard(body);
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        socket.destroy();
      }
    });
    socket.on("error", (error) => {
      why = error.message;
    });
    socket.on("close", end);
    return {
      send(wire) {
        const body = typeof wire === "string" ? new TextEncoder().encode(wire) : wire;
        socket.write(framed(body));
      },
      close() {
        isOver = true;
        socket.end();
        socket.setTimeout(2_000, () => socket.destroy());
      },
    };
  };
}
