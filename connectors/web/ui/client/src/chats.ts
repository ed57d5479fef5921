/** What a session knows of its chats, and what each frame changes in it. */

import { ChatRef, type Event } from "./events.ts";
import type { Frame } from "./frames.ts";
import type {
  ChatCommandInfo,
  ChatSentenceInfo,
  ChatServiceInfo,
  ChatStatusInfo,
  Guid,
  Time,
} from "./protocol.ts";
import type { Outbox } from "./requests.ts";
import type { Role, Tuning } from "./settings.ts";
import { Timers } from "./timers.ts";
import { type Change, type ChatStatus, type ChatView, View } from "./view.ts";

type Named = ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo;

const KINDS = /^S[EC]_CHAT_(ALERT|ALERT_END|CONFIRM|SENTENCE|STATUS|TYPING)$/;

/** One chat as this session knows it. */
export class Chat {
  readonly ref: ChatRef;
  /** The fold of what the broker said of it. */
  view: ChatView;
  /** The chat that the name means now. */
  chatId: Guid | null = null;
  /** The counter up to which its sentences have been given out. */
  deliveredUpTo = 0;
  /** The same of its internal notes. */
  noted = 0;
  /** Counters of notes that this session sent and that are not given out yet. */
  readonly ownNotes = new Set<number>();
  /** It is offered to the agent just now. */
  alerting = false;
  /** The other side types. */
  isTyping = false;
  /** Counters of this side's sentences that the other has not confirmed. */
  readonly unconfirmed = new Set<number>();
  /** The last sentence of each model that is kept outside of the transcript. */
  readonly slots = new Map<number, ChatSentenceInfo>();

  constructor(ref: ChatRef, view: ChatView) {
    this.ref = ref;
    this.view = view;
  }

  /** Begin anew: its name means another chat now, whose counters begin at 1. */
  restart(): void {
    this.deliveredUpTo = 0;
    this.noted = 0;
    this.ownNotes.clear();
    this.unconfirmed.clear();
    this.slots.clear();
  }
}

/**
 * The chats of a session, by name. The fold itself is the view's; here is what a client needs around
 * it: which chats concern it, each sentence given out once and in order, what expires.
 */
export class Chats {
  readonly #role: Role;
  readonly #tuning: Tuning;
  readonly #outbox: Outbox;
  readonly #view: View;
  readonly #chats = new Map<string, Chat>();
  readonly #followed = new Map<string, ChatServiceInfo>();
  readonly #closed = new Map<string, ChatRef>();
  readonly #torn = new Map<string, ChatRef>();
  readonly #timers = new Timers<ChatRef>();

  constructor(role: Role, tuning: Tuning, outbox: Outbox) {
    this.#role = role;
    this.#tuning = tuning;
    this.#outbox = outbox;
    this.#view = new View(role);
  }

  /** Find a chat. */
  get(ref: ChatRef): Chat | undefined {
    return this.#chats.get(ref.key);
  }

  /** All that are known, closed ones among them. */
  get all(): Chat[] {
    return [...this.#chats.values()];
  }

  /** The chats that are not closed, as far as is known. */
  openRefs(): ChatRef[] {
    return this.all.filter((chat) => chat.view.status !== "Closed").map((chat) => chat.ref);
  }

  /** This session starts the chat, so it concerns it whatever `Tuning.follow` says. */
  follow(ref: ChatRef, start: ChatServiceInfo = this.startOf(ref)): void {
    this.#followed.set(ref.key, start);
  }

  /** What a chat was started with, as far as another start may bring it again. */
  startOf(ref: ChatRef): ChatServiceInfo {
    const bare: ChatServiceInfo = { Peer: ref.peer, Port: ref.port, TrackingId: ref.name };
    const start = { ...(this.#followed.get(ref.key) ?? bare) };
    delete start.ResultModel;
    delete start.ReturnChatId;
    return start;
  }

  /** Take out the chats of which a snapshot is needed. */
  takeTorn(): ChatRef[] {
    const torn = [...this.#torn.values()];
    this.#torn.clear();
    return torn;
  }

  /** Whether what this frame says is kept here. */
  static knows(frame: Frame): boolean {
    return KINDS.test(frame.type);
  }

  /** The name of the chat that a structure is about. */
  refOf(named: Named): ChatRef {
    return this.#role === "connector"
      ? new ChatRef(named.Peer ?? "", named.TrackingId ?? "", named.Port ?? null)
      : new ChatRef(named.Peer ?? "", named.ChatId ?? "");
  }

  /** Take a push or an answer. */
  fold(frame: Frame, now: number): Event[] {
    const named = frame.payload as Named;
    const ref = this.refOf(named);
    if (!this.#concerns(ref)) return [];
    const before = this.#chats.get(ref.key)?.view.latest;
    const changes = this.#view.fold(frame, now);
    const chat = this.#known(ref);
    if (chat === undefined) return this.#left(ref, frame, before?.Status ?? null);
    const events: Event[] = [];
    if (isStatus(frame)) {
      events.push(...this.#changed(chat, frame.payload, before));
      this.#own(chat, frame.payload.Internal ?? []);
      events.push(...this.#status(chat, frame.payload, now, frame.type === "SC_CHAT_ALERT"));
    } else if (isSentence(frame)) {
      const sentence = frame.payload;
      if ((sentence.Counter ?? 0) === 0) events.push(...this.#slot(chat, sentence));
      else if (sentence.Model === 10) this.#own(chat, [sentence]);
    } else {
      events.push(...slotConfirmations(ref, frame.payload as ChatCommandInfo, changes));
    }
    events.push(...this.#typing(chat, now), ...this.#give(chat), ...confirmations(chat));
    if (chat.view.wantsSnapshot) this.#torn.set(ref.key, ref);
    return events;
  }

  /** Whether what the visitor says is said to this session: not to one who only monitors (B-29). */
  receives(ref: ChatRef): boolean {
    const parties = this.#chats.get(ref.key)?.view.latest.Parties ?? [];
    return !parties.some((party) => party.Mode === "Monitor");
  }

  /** The broker acknowledged our confirmation of a sentence. */
  confirmed(ref: ChatRef, sentenceId: string, when: Time): void {
    this.#view.confirmed(this.#key(ref), sentenceId, when);
  }

  /** The chats of a list that concern this session. */
  listed(items: readonly ChatStatusInfo[]): ChatRef[] {
    return items.map((info) => this.refOf(info)).filter((ref) => this.#concerns(ref));
  }

  /** A push tells something of an attachment. */
  scanned(frame: Frame): void {
    this.#view.fold(frame);
  }

  /** The broker does not know the chat, or will not speak of it to us. */
  forget(ref: ChatRef): Event[] {
    const chat = this.#chats.get(ref.key);
    this.#chats.delete(ref.key);
    this.#closed.delete(ref.key);
    this.#followed.delete(ref.key);
    this.#torn.delete(ref.key);
    this.#timers.cancel(ref.key);
    this.#view.forget(this.#key(ref));
    return chat === undefined ? [] : [...alertEnded(chat), { kind: "ChatForgotten", ref }];
  }

  /** When `tick` is to be called. */
  get nextDeadline(): number | undefined {
    return this.#timers.next;
  }

  /** Let typing expire. */
  tick(now: number): Event[] {
    return this.#timers.due(now).flatMap((ref) => {
      const chat = this.#chats.get(ref.key);
      return chat === undefined ? [] : this.#typing(chat, now);
    });
  }

  /** The connection is gone: nobody types, no offer stands (B-11), no transcript is known to be whole. */
  lost(): Event[] {
    const events: Event[] = [];
    for (const chat of this.all) {
      chat.view.complete = false;
      chat.view.typingUntil = undefined;
      events.push(...this.#typing(chat, 0));
      if (chat.alerting) events.push(...this.forget(chat.ref));
    }
    this.#torn.clear();
    return events;
  }

  #concerns(ref: ChatRef): boolean {
    return this.#role === "workplace" || this.#tuning.follow || this.#followed.has(ref.key);
  }

  #key(ref: ChatRef): string {
    return this.#role === "connector" ? ref.key : ref.name;
  }

  /** The chat, made on first sight; undefined for one that the view does not keep. */
  #known(ref: ChatRef): Chat | undefined {
    const view = this.#view.chats.get(this.#key(ref));
    if (view === undefined) return undefined;
    const chat = this.#chats.get(ref.key) ?? new Chat(ref, view);
    this.#chats.set(ref.key, chat);
    const isOther = chat.chatId !== null && view.chatId !== null && chat.chatId !== view.chatId;
    if (isOther) chat.restart();
    chat.view = view;
    chat.chatId = view.chatId;
    return chat;
  }

  /** The view let the chat go: it does not concern this workplace any more, or never did. */
  #left(ref: ChatRef, frame: Frame, before: ChatStatus | null): Event[] {
    if (!this.#chats.has(ref.key)) return [];
    const events: Event[] = [];
    if (isStatus(frame) && frame.payload.Status) {
      const { Status: status } = frame.payload;
      events.push({ kind: "ChatChanged", ref, status, before, info: frame.payload });
    }
    return [...events, ...this.forget(ref)];
  }

  /** What a status changed that is told by events of its own. */
  #changed(chat: Chat, info: ChatStatusInfo, before: ChatStatusInfo | undefined): Event[] {
    const [ref, latest] = [chat.ref, chat.view.latest];
    const events: Event[] = [];
    if (info.Status && shown(before) !== shown(latest)) {
      const was = before?.Status ?? null;
      events.push({ kind: "ChatChanged", ref, status: info.Status, before: was, info });
    }
    const parties = latest.Parties ?? [];
    if (JSON.stringify(before?.Parties ?? []) !== JSON.stringify(parties)) {
      events.push({ kind: "PartiesChanged", ref, parties });
    }
    const form = info.ScenarioId ?? null;
    if (this.#role === "connector" && (before?.ScenarioId ?? null) !== form) {
      events.push({ kind: "FormOffered", ref, form });
    }
    return events;
  }

  #status(chat: Chat, info: ChatStatusInfo, now: number, isAlert: boolean): Event[] {
    const events: Event[] = [];
    if (info.Status !== "Alerting") {
      events.push(...alertEnded(chat));
    } else if (isAlert) {
      chat.alerting = true;
      const about = info.Info ?? {};
      const expiresAt = now + (about.MaxSignalDuration ?? 0);
      events.push({ kind: "Alerted", ref: chat.ref, info: about, expiresAt });
    }
    for (const slot of [info.Panel, info.Navigation, info.CoBrowsingData]) {
      if (slot) events.push(...this.#slot(chat, slot));
    }
    if (info.Status === "Closed") this.#retire(chat.ref);
    else this.#closed.delete(chat.ref.key);
    return events;
  }

  /** Take what the other side put into a slot; what this side put there it knows. */
  #slot(chat: Chat, sentence: ChatSentenceInfo): Event[] {
    const known = chat.slots.get(sentence.Model ?? 0);
    const isKnown = known?.ID === sentence.ID && known?.Text === sentence.Text;
    if (this.#isMine(sentence) || (known !== undefined && isKnown)) return [];
    chat.slots.set(sentence.Model ?? 0, sentence);
    return [{ kind: "SlotChanged", ref: chat.ref, sentence }];
  }

  #isMine(sentence: ChatSentenceInfo): boolean {
    return (sentence.IsOutbound ?? false) === (this.#role === "workplace");
  }

  /** Remember which of these notes are this session's, for they leave the outbox with their echo. */
  #own(chat: Chat, notes: readonly ChatSentenceInfo[]): void {
    for (const note of notes) {
      const counter = note.Counter ?? 0;
      const isNew = counter > chat.noted;
      if (isNew && this.#outbox.echoedBy(chat.ref, note)) chat.ownNotes.add(counter);
    }
  }

  /** Give out the sentences that are next in the transcript, and the notes that are next. */
  #give(chat: Chat): Event[] {
    const { ref, view } = chat;
    const events: Event[] = [];
    // Nobody reads them yet.
    if (this.#role === "workplace" && view.status === "Alerting") return events;
    for (;;) {
      const sentence = view.sentences.get(chat.deliveredUpTo + 1);
      if (sentence === undefined) break;
      chat.deliveredUpTo += 1;
      const mine = this.#isMine(sentence);
      const isOpen = (sentence.ConfirmedTime ?? null) === null;
      if (mine && isOpen) chat.unconfirmed.add(chat.deliveredUpTo);
      events.push({ kind: "SentenceAdded", ref, sentence, mine });
    }
    for (;;) {
      const sentence = view.internal.get(chat.noted + 1);
      if (sentence === undefined) break;
      chat.noted += 1;
      const mine = chat.ownNotes.delete(chat.noted);
      events.push({ kind: "InternalAdded", ref, sentence, mine });
    }
    return events;
  }

  /** Compare what was told of the other side's typing with what is. */
  #typing(chat: Chat, now: number): Event[] {
    const { ref, view } = chat;
    this.#timers.cancel(ref.key);
    const isTyping = view.isTyping(now);
    if (isTyping && view.typingUntil !== undefined) {
      this.#timers.set(ref.key, ref, view.typingUntil);
    }
    if (chat.isTyping === isTyping) return [];
    chat.isTyping = isTyping;
    return [{ kind: "TypingChanged", ref, isTyping }];
  }

  /** Remember closed chats in the order in which they closed, so many and no more. */
  #retire(ref: ChatRef): void {
    this.#closed.delete(ref.key);
    this.#closed.set(ref.key, ref);
    for (const oldest of this.#closed.values()) {
      if (this.#closed.size <= this.#tuning.closedChats) return;
      this.forget(oldest);
    }
  }
}

/** Tell which of our sentences have been confirmed since. */
function confirmations(chat: Chat): Event[] {
  const events: Event[] = [];
  for (const counter of [...chat.unconfirmed]) {
    const sentence = chat.view.sentences.get(counter);
    if (sentence === undefined || (sentence.ConfirmedTime ?? null) === null) continue;
    chat.unconfirmed.delete(counter);
    events.push({ kind: "SentenceConfirmed", ref: chat.ref, sentence });
  }
  return events;
}

/** Tell which of our slots have been confirmed: the transcript does not have them. */
function slotConfirmations(ref: ChatRef, said: ChatCommandInfo, changes: Change[]): Event[] {
  if ((said.Model ?? null) === null) return [];
  return changes.flatMap(({ kind, sentence }) =>
    kind === "CONFIRMED" && sentence ? [{ kind: "SentenceConfirmed", ref, sentence }] : [],
  );
}

function alertEnded(chat: Chat): Event[] {
  if (!chat.alerting) return [];
  chat.alerting = false;
  return [{ kind: "AlertEnded", ref: chat.ref }];
}

/** What `ChatChanged` tells of. */
function shown(latest: ChatStatusInfo | undefined): string {
  if (latest === undefined) return "";
  const { Status, AgentName, CloseReason, IsParked } = latest;
  return JSON.stringify([Status, AgentName, CloseReason, IsParked].map((part) => part ?? null));
}

type OfStatus = Frame<"SE_CHAT_STATUS" | "SC_CHAT_STATUS" | "SC_CHAT_ALERT">;
type OfSentence = Frame<"SE_CHAT_SENTENCE" | "SC_CHAT_SENTENCE">;

/** Whether a frame brings a status. */
export function isStatus(frame: Frame): frame is OfStatus {
  return frame.type.endsWith("CHAT_STATUS") || frame.type === "SC_CHAT_ALERT";
}

/** Whether a frame brings a sentence. */
export function isSentence(frame: Frame): frame is OfSentence {
  return frame.type.endsWith("CHAT_SENTENCE");
}
