/** The client for browsers and for Node; `tcp.ts` has what Node alone can. */

export * from "./blobs.ts";
export { Chat, Chats } from "./chats.ts";
export * from "./client.ts";
export * from "./errors.ts";
export * from "./events.ts";
export * from "./frames.ts";
export { MESSAGEPACK } from "./msgpack.ts";
export * from "./polling.ts";
export type * from "./protocol.ts";
export * from "./session.ts";
export * from "./settings.ts";
export * from "./view.ts";
export * from "./websocket.ts";
