/** The way of a browser: a WebSocket, one frame in each text message (W-9). */

import type { Dial } from "./client.ts";

/** Make the way to an address, `wss://...` or `ws://...`. */
export function webSocket(url: string, Socket: typeof WebSocket = WebSocket): Dial {
  return (hearing) => {
    const socket = new Socket(url);
    let isOver = false;
    const end = (why: string) => {
      if (!isOver) hearing.closed(why);
      isOver = true;
    };
    socket.addEventListener("open", () => hearing.opened());
    socket.addEventListener("message", (event: MessageEvent) => {
      if (!isOver) hearing.heard(event.data);
    });
    socket.addEventListener("close", (event) => end(event.reason || `closed (${event.code})`));
    socket.addEventListener("error", () => end("no connection"));
    return {
      send(wire) {
        if (socket.readyState === socket.OPEN) socket.send(wire as string);
      },
      close() {
        isOver = true;
        socket.close();
      },
    };
  };
}
