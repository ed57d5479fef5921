/** What a session tells the program that uses it. All of them are values, told apart by `kind`. */

import type { Ended, Failure, Refused } from "./errors.ts";
import type { Frame } from "./frames.ts";
import type {
  AgentStateInfo,
  ChatInfo,
  ChatPartyInfo,
  ChatSentenceInfo,
  ChatServiceInfo,
  ChatStatusInfo,
  Guid,
  Welcome,
} from "./protocol.ts";
import { type ChatStatus, keyOf } from "./view.ts";

/** The name of a chat: a tracking ID on a gateway, or a Guid at a workplace. */
export class ChatRef {
  readonly peer: string;
  readonly name: string;
  readonly port: string | null;
  /** The same for the same chat, wherever the object comes from. */
  readonly key: string;

  constructor(peer: string, name: string, port: string | null = null) {
    this.peer = peer;
    this.name = name;
    this.port = port;
    this.key = keyOf(peer, port ?? "", name);
  }
}

interface OfChat<K extends string> {
  readonly kind: K;
  readonly ref: ChatRef;
}

interface OfSentence<K extends string> extends OfChat<K> {
  readonly sentence: ChatSentenceInfo;
}

/** The broker answered the hello; the resync has begun. */
export type Connected = { readonly kind: "Connected"; readonly welcome: Welcome };
/** The resync is done: what the session knows is what the broker knows. */
export type Ready = { readonly kind: "Ready" };
/** There is no connection, and a new one will be tried at `dialAt`. */
export type Disconnected = {
  readonly kind: "Disconnected";
  readonly why: string;
  readonly dialAt: number;
};
/** The session is over for good; nothing comes after it. */
export type SessionEnded = { readonly kind: "SessionEnded"; readonly error: Ended };
/** The token is not good (any more): another is to be brought before the next connection. */
export type TokenRefused = { readonly kind: "TokenRefused"; readonly error: Refused };
/** A fault that belongs to no request. */
export type Notice = { readonly kind: "Notice"; readonly error: Refused };
/** The answer of a request. */
export type RequestDone = {
  readonly kind: "RequestDone";
  readonly request: number;
  readonly frame: Frame;
};
/** A request got no answer, or a refusal. */
export type RequestFailed = {
  readonly kind: "RequestFailed";
  readonly request: number;
  readonly error: Failure;
};
/** The chat is new, or its status, agent or close reason changed, or it was parked or retrieved. */
export interface ChatChanged extends OfChat<"ChatChanged"> {
  readonly status: ChatStatus;
  /** Its status before; null for a chat that was not known. */
  readonly before: ChatStatus | null;
  readonly info: ChatStatusInfo;
}
/** The broker does not know the chat any more, or it does not concern this session any more. */
export type ChatForgotten = OfChat<"ChatForgotten">;
/** The transcript was full: the visitor goes on in a new chat of the same name. */
export interface ChatRenewed extends OfChat<"ChatRenewed"> {
  readonly full: Guid | null;
  readonly chatId: Guid;
}
/** The next sentence of the transcript: each comes once, in the order of `Counter`, without a gap. */
export interface SentenceAdded extends OfSentence<"SentenceAdded"> {
  /** Whether it was sent by this side. */
  readonly mine: boolean;
}
/** The next note that agents made for each other (model 10). */
export interface InternalAdded extends OfSentence<"InternalAdded"> {
  readonly mine: boolean;
}
/** A sentence that this session sent is durable (W-20). */
export type SentenceEchoed = OfSentence<"SentenceEchoed">;
/** The other side has a sentence of this side. */
export type SentenceConfirmed = OfSentence<"SentenceConfirmed">;
/** The broker refused a sentence for good; it is not in the transcript. */
export interface SentenceRefused extends OfSentence<"SentenceRefused"> {
  readonly error: Failure;
}
/** The other side's pinned note, page, or co-browsing data changed (models 4, 6 and 8). */
export type SlotChanged = OfSentence<"SlotChanged">;
/** Somebody besides the owner was asked into the chat, joined it or left it. */
export interface PartiesChanged extends OfChat<"PartiesChanged"> {
  readonly parties: readonly ChatPartyInfo[];
}
/** A form is offered to the visitor now, or no longer (null). */
export interface FormOffered extends OfChat<"FormOffered"> {
  readonly form: Guid | null;
}
/** The other side began or ceased to type. */
export interface TypingChanged extends OfChat<"TypingChanged"> {
  readonly isTyping: boolean;
}
/** A chat is offered to the agent, until `expiresAt` on the session's clock. */
export interface Alerted extends OfChat<"Alerted"> {
  readonly info: ChatInfo;
  readonly expiresAt: number;
}
/** The offer is gone, whatever the cause. */
export type AlertEnded = OfChat<"AlertEnded">;
/** The agent's state, as the broker has it. */
export type AgentStateChanged = {
  readonly kind: "AgentStateChanged";
  readonly info: AgentStateInfo;
};
/** The broker wants a visitor to be spoken to: bind the chat by a start with its `ReturnChatId`. */
export type OutboundRequested = {
  readonly kind: "OutboundRequested";
  readonly info: ChatServiceInfo;
};
/** A push that the session does not fold. */
export type Pushed = { readonly kind: "Pushed"; readonly frame: Frame };

export type Event =
  | Connected
  | Ready
  | Disconnected
  | SessionEnded
  | TokenRefused
  | Notice
  | RequestDone
  | RequestFailed
  | ChatChanged
  | ChatForgotten
  | ChatRenewed
  | SentenceAdded
  | InternalAdded
  | SentenceEchoed
  | SentenceConfirmed
  | SentenceRefused
  | SlotChanged
  | PartiesChanged
  | FormOffered
  | TypingChanged
  | Alerted
  | AlertEnded
  | AgentStateChanged
  | OutboundRequested
  | Pushed;
