/** What the desk shows: a workplace by the client library, and what hangs on the login. */

import type { Chat } from "../../client/src/chats.ts";
import { Client, type Dial } from "../../client/src/client.ts";
import type { ChatRef, Event } from "../../client/src/events.ts";
import type { AgentStateInfo, ChatInfo } from "../../client/src/protocol.ts";
import { webSocket } from "../../client/src/websocket.ts";
import type { Somebody } from "./api.ts";

/** A chat that is offered. */
export interface Alert {
  readonly ref: ChatRef;
  readonly info: ChatInfo;
  readonly expiresAt: number;
}

/** How the desk ended, for the login page. */
export type End = (why: string) => void;

const SESSION = '["DESK_SESSION",';
const ENDINGS: Readonly<Record<string, string>> = {
  Replaced: "Another desk took over.",
  LoggedOff: "You are logged out.",
  Rejected: "You are not logged in any more.",
};

/** The way to the desk; what is no frame of the protocol goes aside. */
export function deskSocket(url: string, aside: (seconds: number) => void): Dial {
  const dial = webSocket(url);
  return (hearing) =>
    dial({
      ...hearing,
      opened: () => hearing.opened(),
      closed: (why) => hearing.closed(why),
      heard: (wire) => {
        if (typeof wire === "string" && wire.startsWith(SESSION)) {
          aside(Number(JSON.parse(wire)[1].EndsInSeconds));
        } else hearing.heard(wire);
      },
    });
}

/** One desk on one page. */
export class Desk {
  readonly who: Somebody;
  readonly number: string;
  readonly client: Client;
  readonly alerts = new Map<string, Alert>();
  state: AgentStateInfo = {};
  /** The chat that is open. */
  chosen: ChatRef | undefined;
  /** Since when the login is about to end, and after how many seconds it does. */
  ending: { at: number; seconds: number } | undefined;
  /** What was refused last. */
  fault = "";
  away = "Connecting …";
  readonly #draw: () => void;
  readonly #end: End;

  constructor(
    who: Somebody,
    number: string,
    dial: (aside: Desk["warn"]) => Dial,
    draw: () => void,
    end: End,
  ) {
    this.who = who;
    this.number = number;
    this.#draw = draw;
    this.#end = end;
    this.client = new Client(
      { role: "workplace", number, login: who.Login, token: "cookie", software: "parley-desk" },
      dial((seconds) => this.warn(seconds)),
    );
    this.client.on((event) => this.#heard(event));
  }

  /** The login ends soon. */
  readonly warn = (seconds: number): void => {
    this.ending = { at: performance.now() / 1000, seconds };
    this.#draw();
  };

  /** The agent is still there. */
  stay(): void {
    this.ending = undefined;
    this.#draw();
  }

  /** The chats that the agent has, the oldest first. */
  get mine(): Chat[] {
    return this.client.session.chats.all.filter((chat) => chat.view.status === "Answered");
  }

  get open(): Chat | undefined {
    return this.chosen && this.client.session.chats.get(this.chosen);
  }

  /** Be ready, pause for a reason, or log off once the last chat is over. */
  async become(state: "Ready" | "Pause" | "LogOff", reason: string | null = null): Promise<void> {
    await this.#ask("CS_AGENT_STATE", { Peer: this.number, State: state, Reason: reason });
  }

  /** Take an offered chat. */
  async answer(ref: ChatRef): Promise<void> {
    if (await this.#ask("CS_CHAT_ANSWER", this.#named(ref), ref)) this.choose(ref);
  }

  /** Reject an offered chat, or end one. */
  async hangUp(ref: ChatRef): Promise<void> {
    await this.#ask("CS_CHAT_HANGUP", this.#named(ref), ref);
  }

  /** Open a chat. */
  choose(ref: ChatRef): void {
    this.chosen = ref;
    this.#draw();
  }

  /** Say something in a chat. */
  say(ref: ChatRef, text: string): void {
    this.client.send(ref, text).catch((error: Error) => this.#failed(error));
    this.#draw();
  }

  #named(ref: ChatRef) {
    return { Peer: this.number, ChatId: ref.name };
  }

  async #ask(...asked: Parameters<Client["request"]>): Promise<boolean> {
    try {
      await this.client.request(...asked);
      this.fault = "";
      return true;
    } catch (error) {
      this.#failed(error as Error);
      return false;
    } finally {
      this.#draw();
    }
  }

  #failed(error: Error): void {
    this.fault = error.message;
    this.#draw();
  }

  #heard(event: Event): void {
    switch (event.kind) {
      case "Ready":
        this.away = "";
        break;
      case "Disconnected":
        this.away = `No connection: ${event.why}. Trying again …`;
        this.alerts.clear();
        break;
      case "SessionEnded":
        this.#end(ENDINGS[event.error.reason] ?? event.error.message);
        return;
      case "AgentStateChanged":
        this.state = event.info;
        break;
      case "Alerted":
        this.alerts.set(event.ref.key, event);
        break;
      case "AlertEnded":
        this.alerts.delete(event.ref.key);
        break;
      case "ChatChanged":
        if (event.status !== "Alerting") this.alerts.delete(event.ref.key);
        break;
      default:
        break;
    }
    this.#draw();
  }
}
