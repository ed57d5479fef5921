/**
 * A client's picture of its chats: the fold of what the broker says (W-22, W-23, W-25).
 *
 * A snapshot (a status with `Sentences`) replaces a transcript; pushes since then are folded in. What
 * comes out equals a fresh snapshot, or the chat is not `complete` and wants one (`wantsSnapshot`).
 */

import type { Frame } from "./frames.ts";
import type {
  AgentStateInfo,
  BlobStatusInfo,
  ChatCommandInfo,
  ChatSentenceInfo,
  ChatStatusInfo,
  Guid,
  Time,
} from "./protocol.ts";
import type { Role } from "./settings.ts";

/** How long typing is shown without renewal (W-23). */
export const TYPING_SECONDS = 8;
/** The models that have no place in the transcript: only the last of each is kept. */
const SLOTS: ReadonlyMap<number, "Panel" | "Navigation" | "CoBrowsingData"> = new Map([
  [4, "Panel"],
  [6, "Navigation"],
  [8, "CoBrowsingData"],
]);
const SENTENCE = 0;
const INTERNAL = 10;

export type ChatStatus = NonNullable<ChatStatusInfo["Status"]>;
export type ChangeKind =
  | "SNAPSHOT"
  | "STATUS"
  | "SENTENCE"
  | "INTERNAL"
  | "SLOT"
  | "CONFIRMED"
  | "TYPING"
  | "LEFT"
  | "INCOMPLETE"
  | "AGENT";

/** One change of a view. */
export interface Change {
  readonly kind: ChangeKind;
  readonly chat?: ChatView;
  /** The sentence that came, was confirmed or fills a slot. */
  readonly sentence?: ChatSentenceInfo;
}

type Named = Pick<ChatCommandInfo, "Peer" | "Port" | "TrackingId" | "ChatId">;

/** What is known of one chat. */
export class ChatView {
  readonly key: string;
  readonly role: Role;
  /** The last status, its slots and info carried over; its sentences are not kept in it. */
  latest: ChatStatusInfo;
  /** The transcript by counter, in order. */
  sentences = new Map<number, ChatSentenceInfo>();
  /** The notes that agents made for each other, by a counter of their own, in order. */
  internal = new Map<number, ChatSentenceInfo>();
  /** What the viewer's side said last for the other side's slots, by model. */
  ownSlots = new Map<number, ChatSentenceInfo>();
  /** Whether it equals a fresh snapshot. */
  complete = false;
  /** Until when the other side is shown as typing. */
  typingUntil: number | undefined;

  constructor(key: string, role: Role, latest: ChatStatusInfo = {}) {
    this.key = key;
    this.role = role;
    this.latest = latest;
  }

  get status(): ChatStatus | null {
    return this.latest.Status ?? null;
  }

  get chatId(): Guid | null {
    return this.latest.ChatId ?? null;
  }

  /** Whether the viewer has the chat now: open for a connector, offered or answered here. */
  get isHeld(): boolean {
    if (this.role === "workplace") return this.status === "Alerting" || this.status === "Answered";
    return this.status !== "Closed";
  }

  /** Whether to ask for a snapshot; an alert has its own in the answer to it. */
  get wantsSnapshot(): boolean {
    const waits = this.role === "workplace" && this.status === "Alerting";
    return !this.complete && this.status !== "Closed" && !waits;
  }

  /** Whether a sentence came to the viewer; the others are their own side's. */
  isReceived(sentence: ChatSentenceInfo): boolean {
    return (sentence.IsOutbound ?? false) === (this.role === "connector");
  }

  /** Whether the other side is writing. */
  isTyping(now: number): boolean {
    return this.typingUntil !== undefined && now < this.typingUntil;
  }
}

/** All chats of one client. */
export class View {
  readonly role: Role;
  /** The chats by key; closed ones stay until they are forgotten. */
  readonly chats = new Map<string, ChatView>();
  /** The agent's own state (workplace only). */
  agent: AgentStateInfo | undefined;
  /** Who the agent is: whom the welcome names, or else the first state that comes. */
  agentId: Guid | null = null;
  readonly #listed = new Map<string, Set<string>>();

  constructor(role: Role) {
    this.role = role;
  }

  /** The name, in this view, of the chat that a payload is about. */
  key(named: Named): string {
    return this.role === "workplace"
      ? (named.ChatId ?? "")
      : keyOf(named.Peer ?? "", named.Port ?? "", named.TrackingId ?? "");
  }

  forget(key: string): void {
    this.chats.delete(key);
  }

  /**
   * Fold in a frame of the broker; one that is not about chats changes nothing.
   *
   * `asked` is for a list: the question that it answers, since an empty list does not say.
   */
  fold(frame: Frame, now = 0, asked: ChatCommandInfo = {}): Change[] {
    switch (frame.type) {
      case "SE_CHAT_STATUS":
      case "SC_CHAT_STATUS":
      case "SC_CHAT_ALERT":
        return this.#status(frame.payload, frame.type === "SC_CHAT_ALERT");
      case "SE_CHAT_SENTENCE":
      case "SC_CHAT_SENTENCE":
        return this.#sentence(frame.payload);
      case "SE_CHAT_CONFIRM":
      case "SC_CHAT_CONFIRM":
        return this.#confirmedBy(frame.payload);
      case "SE_CHAT_TYPING":
      case "SC_CHAT_TYPING":
        return this.#typing(frame.payload, now);
      case "SE_CHAT_LIST":
      case "SC_CHAT_LIST":
        return this.#list(frame.payload, frame.headers.More, asked);
      case "SC_CHAT_ALERT_END":
        return this.#alertEnd(frame.payload);
      case "SC_AGENT_STATE":
        return this.#agent(frame.payload);
      case "SE_BLOB_STATUS":
      case "SC_BLOB_STATUS":
        this.#verdict(frame.payload);
        return [];
      case "SYS_WELCOME":
        this.agentId = frame.payload.AgentId ?? null;
        return [];
      default:
        return [];
    }
  }

  /** Note that the viewer confirmed a sentence which it received. */
  confirmed(key: string, id: string, time: Time): void {
    const chat = this.chats.get(key);
    if (chat !== undefined) confirm(chat, id, time, true);
  }

  /** Take the agent's own state; a supervisor is answered with those of others too. */
  #agent(state: AgentStateInfo): Change[] {
    this.agentId = this.agentId ?? state.AgentId ?? null;
    if ((state.AgentId ?? this.agentId) !== this.agentId) return [];
    this.agent = state;
    return [{ kind: "AGENT" }];
  }

  #status(status: ChatStatusInfo, isAlert: boolean): Change[] {
    const key = this.key(status);
    const snapshot = status.Sentences ?? null;
    let chat = this.chats.get(key);
    if (chat === undefined) {
      const isOurs = this.role === "connector" && snapshot !== null;
      // A chat that nobody knows, or that a supervisor closed from outside.
      if (status.Status === "Closed" && !isOurs) return [];
      chat = new ChatView(key, this.role);
      this.chats.set(key, chat);
    }
    if (isAlert) {
      // Of what was said before, in a chat that was here already, the answer will tell anew.
      chat.latest = { ChatId: chat.latest.ChatId };
      emptied(chat);
    }
    this.#take(chat, status);
    const changes: Change[] = [{ kind: snapshot === null ? "STATUS" : "SNAPSHOT", chat }];
    if (snapshot !== null) {
      chat.sentences = new Map(snapshot.map((one) => [one.Counter ?? 0, one]));
      chat.internal = new Map((status.Internal ?? []).map((one) => [one.Counter ?? 0, one]));
      chat.complete = true;
    } else if (chat.wantsSnapshot && isHere(chat)) {
      changes.push({ kind: "INCOMPLETE", chat });
    }
    if (!isHere(chat)) {
      this.forget(key);
      changes.push({ kind: "LEFT", chat });
    }
    return changes;
  }

  /** Take over a status; what it does not include stays, unless it is of another chat. */
  #take(chat: ChatView, status: ChatStatusInfo): void {
    let old = chat.latest;
    const [before, now] = [old.ChatId ?? null, status.ChatId ?? null];
    if (before !== null && now !== null && before !== now) {
      old = {};
      emptied(chat);
      chat.ownSlots = new Map();
    }
    const latest: ChatStatusInfo = { ...status };
    delete latest.Sentences;
    delete latest.Internal;
    latest.Info = latest.Info ?? old.Info;
    latest.ChatId = latest.ChatId ?? old.ChatId;
    if ((status.Sentences ?? null) === null) {
      for (const slot of SLOTS.values()) latest[slot] = latest[slot] ?? old[slot];
    }
    chat.latest = latest;
    if (chat.status === "Closed") chat.typingUntil = undefined;
  }

  #list(listed: readonly ChatStatusInfo[], more: number | undefined, asked: ChatCommandInfo) {
    const changes: Change[] = [];
    const [peer, port] = [asked.Peer ?? null, asked.Port ?? null];
    const question = keyOf(peer ?? "", port ?? "", "");
    const begun = (asked.After ?? null) !== null ? this.#listed.get(question) : undefined;
    this.#listed.delete(question);
    const there = begun ?? new Set();
    for (const status of listed) {
      const known = this.chats.get(this.key(status));
      // What was missed while away only a snapshot tells.
      if (known !== undefined) known.complete = false;
      changes.push(...this.#status(status, false));
      there.add(this.key(status));
    }
    if (more !== undefined) {
      this.#listed.set(question, there); // what is in no piece the last one says
      return changes;
    }
    for (const [key, chat] of [...this.chats]) {
      const isMeant = peer === null || chat.latest.Peer === peer;
      const isAsked = isMeant && (port === null || chat.latest.Port === port);
      if (!isAsked || there.has(key) || chat.status === "Closed") continue;
      if (this.role === "workplace") {
        this.forget(key);
        changes.push({ kind: "LEFT", chat });
      } else {
        this.#take(chat, { ...chat.latest, Status: "Closed" });
        changes.push({ kind: "STATUS", chat });
      }
    }
    return changes;
  }

  #alertEnd(command: ChatCommandInfo): Change[] {
    const chat = this.chats.get(this.key(command));
    if (chat === undefined) return [];
    if (chat.status !== "Alerting") return missed(chat);
    this.forget(chat.key);
    return [{ kind: "LEFT", chat }];
  }

  #sentence(sentence: ChatSentenceInfo): Change[] {
    const chat = this.#chatOf(sentence);
    const id = sentence.ChatId ?? null;
    // The echo of a retry, from the full chat before this one.
    if (id !== null && chat.chatId !== null && id !== chat.chatId) return [];
    const model = sentence.Model ?? SENTENCE;
    if (model === SENTENCE && chat.isReceived(sentence)) chat.typingUntil = undefined;
    if ((sentence.Counter ?? 0) === 0) {
      const slot = SLOTS.get(model);
      if (slot === undefined) return [];
      if (chat.isReceived(sentence)) chat.latest = { ...chat.latest, [slot]: sentence };
      else chat.ownSlots.set(model, sentence);
      return [{ kind: "SLOT", chat, sentence }];
    }
    const isNote = model === INTERNAL;
    const row = isNote ? chat.internal : chat.sentences;
    return placed(chat, row, sentence, isNote ? "INTERNAL" : "SENTENCE");
  }

  #confirmedBy(command: ChatCommandInfo): Change[] {
    const chat = this.#chatOf(command);
    if (SLOTS.has(command.Model ?? SENTENCE)) {
      const own = chat.ownSlots.get(command.Model ?? SENTENCE);
      if (own === undefined || own.ID !== command.ID || (own.ConfirmedTime ?? null) !== null) {
        return [];
      }
      const sentence = { ...own, ConfirmedTime: command.TimeStamp };
      chat.ownSlots.set(own.Model ?? SENTENCE, sentence);
      return [{ kind: "CONFIRMED", chat, sentence }];
    }
    const sentence = confirm(chat, command.ID ?? "", command.TimeStamp ?? null, false);
    return sentence === undefined ? missed(chat) : [{ kind: "CONFIRMED", chat, sentence }];
  }

  #typing(command: ChatCommandInfo, now: number): Change[] {
    const chat = this.chats.get(this.key(command));
    if (chat === undefined) return [];
    const before = chat.isTyping(now);
    chat.typingUntil = (command.IsTyping ?? true) ? now + TYPING_SECONDS : undefined;
    return chat.isTyping(now) === before ? [] : [{ kind: "TYPING", chat }];
  }

  /** Put what is said of an attachment where it is named; that changes no chat. */
  #verdict(status: BlobStatusInfo): void {
    if ((status.Scan ?? null) === null) return;
    for (const { sentences } of this.chats.values()) {
      for (const [counter, sentence] of sentences) {
        const named = sentence.Attachments ?? [];
        if (!named.some((one) => one.BlobId === status.BlobId)) continue;
        const Attachments = named.map((one) =>
          one.BlobId === status.BlobId ? { ...one, Scan: status.Scan } : one,
        );
        sentences.set(counter, { ...sentence, Attachments });
      }
    }
  }

  #chatOf(named: ChatSentenceInfo | ChatCommandInfo): ChatView {
    const key = this.key(named);
    let chat = this.chats.get(key);
    if (chat === undefined) {
      const { Peer, Port, TrackingId, ChatId } = named;
      chat = new ChatView(key, this.role, { Peer, Port, TrackingId, ChatId });
      this.chats.set(key, chat);
    }
    return chat;
  }
}

/** The key of a chat that a connector knows by these names. */
export function keyOf(peer: string, port: string, name: string): string {
  return JSON.stringify([peer, port, name]);
}

function emptied(chat: ChatView): void {
  chat.sentences = new Map();
  chat.internal = new Map();
  chat.complete = false;
}

function isHere(chat: ChatView): boolean {
  return chat.isHeld || chat.status === "Closed";
}

/** Put a sentence where its counter says, into the transcript or among the notes. */
function placed(
  chat: ChatView,
  row: Map<number, ChatSentenceInfo>,
  sentence: ChatSentenceInfo,
  kind: ChangeKind,
): Change[] {
  const counter = sentence.Counter ?? 0;
  const known = row.get(counter);
  if (known !== undefined) {
    if (content(known) !== content(sentence)) return missed(chat);
    if ((known.ConfirmedTime ?? null) === null && (sentence.ConfirmedTime ?? null) !== null) {
      row.set(counter, sentence);
      return [{ kind: "CONFIRMED", chat, sentence }];
    }
    return [];
  }
  const last = lastOf(row);
  row.set(counter, sentence);
  if (counter < last) {
    const inOrder = [...row].sort((one, other) => one[0] - other[0]);
    row.clear();
    for (const [place, said] of inOrder) row.set(place, said);
  }
  const changes: Change[] = [{ kind, chat, sentence }];
  if (counter !== last + 1 || !chat.complete) changes.push(...missed(chat));
  return changes;
}

function lastOf(row: Map<number, ChatSentenceInfo>): number {
  let last = 0;
  for (const counter of row.keys()) last = counter;
  return last;
}

function confirm(
  chat: ChatView,
  id: string,
  time: Time | null,
  isReceived: boolean,
): ChatSentenceInfo | undefined {
  for (const [counter, sentence] of [...chat.sentences].reverse()) {
    if (sentence.ID !== id || chat.isReceived(sentence) !== isReceived) continue;
    if ((sentence.ConfirmedTime ?? null) !== null) return sentence;
    const told = { ...sentence, ConfirmedTime: time };
    chat.sentences.set(counter, told);
    return told;
  }
  return undefined;
}

function missed(chat: ChatView): Change[] {
  chat.complete = false;
  return chat.wantsSnapshot ? [{ kind: "INCOMPLETE", chat }] : [];
}

function content(said: ChatSentenceInfo): string {
  return JSON.stringify([said.ID, said.IsOutbound ?? false, said.Model ?? 0, said.Text ?? null]);
}
