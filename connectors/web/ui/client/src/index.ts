/** The client for browsers and for Node; `tcp.ts` has what Node alone can. */

export * from "./frames.ts";
export { MESSAGEPACK } from "./msgpack.ts";
export type * from "./protocol.ts";
