/** The way of a browser: a WebSocket, one frame in each text message (W-9). */

import type { Dial } from "./client.ts";

/** Milliseconds after which a socket that brought nothing is given up. */
const SILENCE = 8_000;

/**
 * Make the way to an address, `wss://...` or `ws://...`.
 *
 * `useless` is called when one ended and had brought nothing: where that is so always, none can be had.
 */
export function webSocket(url: string, Socket = WebSocket, useless = () => {}): Dial {
  return (hearing) => {
    let socket: WebSocket;
    try {
      socket = new Socket(url);
    } catch (error) {
      // A page's policy may forbid it, which not every browser tells by an event.
      queueMicrotask(() => {
        useless();
        hearing.closed(String(error));
      });
      return { send() {}, close() {} };
    }
    let [isOver, isUseful] = [false, false];
    const end = (why: string) => {
      clearTimeout(silence);
      if (isOver) return;
      isOver = true;
      if (!isUseful) useless();
      hearing.closed(why);
    };
    const silence = setTimeout(() => {
      end("nothing was heard");
      socket.close();
    }, SILENCE);
    socket.addEventListener("open", () => isOver || hearing.opened());
    socket.addEventListener("message", (event: MessageEvent) => {
      isUseful = true;
      clearTimeout(silence);
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
        clearTimeout(silence);
        socket.close();
      },
    };
  };
}
