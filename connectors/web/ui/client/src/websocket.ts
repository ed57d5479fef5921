/** The way of a browser: a WebSocket, one frame in each text message (W-9). */

import type { Dial } from "./client.ts";

/** Milliseconds within which a new socket, and a ping, must bring something. */
const SILENCE = 8_000;
/** Milliseconds after which what was sent into silence is followed by a ping; and letters in one of them. */
const [PATIENCE, PACE] = [4_000, 8];

/**
 * Make the way to an address, `wss://...` or `ws://...`.
 *
 * `useless` is called when one ended and had brought nothing: where that is so always, none can be had.
 */
export function webSocket(url: string, Socket = WebSocket, useless = () => {}): Dial {
  return (hearing) => {
    let [isOver, isUseful] = [false, false];
    let watch: ReturnType<typeof setTimeout> | undefined;
    const calm = () => {
      clearTimeout(watch);
      watch = undefined;
    };
    const end = (why: string) => {
      calm();
      if (isOver) return;
      isOver = true;
      if (!isUseful) useless();
      hearing.closed(why);
    };
    let socket: WebSocket;
    try {
      socket = new Socket(url);
    } catch (error) {
      // A page's policy may forbid it, which not every browser tells by an event.
      queueMicrotask(() => end(String(error)));
      return { send() {}, close() {} };
    }
    const listen = () => {
      watch = setTimeout(() => {
        end("nothing was heard");
        socket.close();
      }, SILENCE);
    };
    listen();
    socket.addEventListener("open", () => hearing.opened());
    socket.addEventListener("message", (event: MessageEvent) => {
      isUseful = true;
      calm();
      if (!isOver) hearing.heard(event.data);
    });
    socket.addEventListener("close", (event) => end(event.reason || `closed (${event.code})`));
    return {
      send(wire) {
        if (socket.readyState !== socket.OPEN) return;
        socket.send(wire as string);
        // A network may go away without a word: then nothing comes, whatever is asked. What is long takes its time.
        const extra = wire.length / PACE;
        if (extra > PATIENCE) calm();
        watch ??= setTimeout(() => {
          socket.send('["SYS_PING",{}]');
          listen();
        }, PATIENCE + extra);
      },
      close() {
        isOver = true;
        calm();
        socket.close();
      },
    };
  };
}
