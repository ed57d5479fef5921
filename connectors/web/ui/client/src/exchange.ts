/** What a session says to the broker and makes of its answers; `session.ts` is its face. */

import { Calls, checked, type Due } from "./calls.ts";
import { Chats, isSentence, isStatus } from "./chats.ts";
import { AlertGone, ConnectionLost, type Failure, Refused, TimedOut } from "./errors.ts";
import type { ChatRef, Event } from "./events.ts";
import type { Frame } from "./frames.ts";
import { BUSY, type Link } from "./link.ts";
import type { ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo, SysError } from "./protocol.ts";
import { Outbox, Outgoing, Request } from "./requests.ts";
import { type Question, Resync } from "./resync.ts";
import type { Role, Settings, Tuning } from "./settings.ts";

/** The part of a session that knows frames. */
export class Exchange extends Calls {
  /** What happened and is not given out yet. */
  events: Event[] = [];
  /** The resync of this connection is done. */
  synced = false;
  readonly role: Role;
  readonly outbox: Outbox;
  readonly chats: Chats;
  readonly #up: "ES_" | "CS_";
  readonly #settings: Settings;
  readonly #resync: Resync;
  #over = false;
  readonly #confirming = new Map<string, Request>();
  readonly #starting = new Map<string, { ref: ChatRef; request: number }>();
  readonly #typingTold = new Map<string, number>();

  constructor(settings: Settings, tuning: Tuning, link: Link, now: number) {
    super(link, tuning, now);
    this.#settings = settings;
    this.role = settings.role;
    this.#up = settings.role === "connector" ? "ES_" : "CS_";
    this.outbox = new Outbox(tuning.outbox);
    this.chats = new Chats(settings.role, tuning, this.outbox);
    this.#resync = new Resync(tuning.resyncWindow, tuning.closedChats);
  }

  // --- what comes ---

  /** Go through what the link let pass, then send what may be sent. */
  take(items: (Frame | Refused)[]): Event[] {
    for (const item of items) {
      if (item instanceof Refused) this.events.push({ kind: "Notice", error: item });
      else this.#frame(item);
    }
    if (this.link.ended === undefined) this.pump();
    else this.finish();
    return this.drain();
  }

  #frame(frame: Frame): void {
    if (frame.type === "SYS_WELCOME") {
      this.events.push({ kind: "Connected", welcome: frame.payload });
      this.#beginResync();
      return;
    }
    if (frame.type === "SYS_ERROR") {
      this.#refused(frame.headers.Re, frame.payload);
      return;
    }
    if (frame.type === "SC_AGENT_STATE" && this.link.isOwn(frame.payload.AgentId)) {
      this.events.push({ kind: "AgentStateChanged", info: frame.payload });
    } else if (Chats.knows(frame)) {
      this.#fold(frame);
    } else if (frame.headers.Re === undefined) {
      this.chats.scanned(frame);
      const isOutbound = frame.type === "SE_CHAT_OUTBOUND";
      this.events.push(
        isOutbound ? { kind: "OutboundRequested", info: frame.payload } : { kind: "Pushed", frame },
      );
    }
    this.#answered(frame);
  }

  /** Fold a push or a snapshot into the chats, and do what follows from it. */
  #fold(frame: Frame): void {
    for (const event of this.chats.fold(frame, this.now)) {
      this.events.push(event);
      if (event.kind === "ChatForgotten") this.#forgetTyping(event.ref);
      const isNew = event.kind === "SlotChanged" || (event.kind === "SentenceAdded" && !event.mine);
      if (!isNew || !this.tuning.confirm || (event.sentence.ConfirmedTime ?? null) !== null)
        continue;
      if (this.chats.receives(event.ref)) this.confirm(event.ref, event.sentence.ID ?? "");
    }
    if (isSentence(frame)) {
      this.#echoed(this.chats.refOf(frame.payload), frame.payload);
    } else if (isStatus(frame) && frame.payload.Sentences) {
      const ref = this.chats.refOf(frame.payload);
      const said = [...frame.payload.Sentences, ...(frame.payload.Internal ?? [])];
      for (const sentence of said) this.#echoed(ref, sentence);
      this.#resync.came(ref);
    }
    for (const ref of this.chats.takeTorn()) this.#resync.want(ref);
  }

  /** Let a sentence of the outbox go, if this is it, whichever way it came. */
  #echoed(ref: ChatRef, sentence: ChatSentenceInfo): void {
    const item = this.outbox.echoedBy(ref, sentence);
    if (item === undefined) return;
    this.#settleSentence(item);
    this.events.push({ kind: "SentenceEchoed", ref, sentence });
  }

  /** Settle the request that this frame answers, if it answers one. */
  #answered(frame: Frame): void {
    const request = this.onWire(frame.headers.Re);
    if (!(request instanceof Request)) return;
    this.#settle(request);
    const { ref } = request;
    if (request.purpose === "program") {
      const isGone = request.type === "CS_CHAT_ANSWER" && frame.type === "SC_CHAT_ALERT_END";
      this.events.push(
        isGone
          ? {
              kind: "RequestFailed",
              request: request.id,
              error: new AlertGone("the offer is gone"),
            }
          : { kind: "RequestDone", request: request.id, frame },
      );
      this.#noLongerStarting(request);
    } else if (request.purpose === "confirm" && ref !== undefined) {
      const when = this.link.brokerTime(this.now);
      this.chats.confirmed(ref, request.sentenceId ?? "", when);
    } else if (request.purpose === "list") {
      const listed = Array.isArray(frame.payload) ? (frame.payload as ChatStatusInfo[]) : [];
      this.#resync.listed(this.chats.listed(listed), request.asked ?? {}, frame.headers.More);
    } else if (request.purpose === "snapshot" && ref !== undefined) {
      this.#resync.came(ref);
      this.#found(ref, frame);
    } else if (request.purpose === "renewal") {
      this.#renewed(request, frame);
    }
    this.#checkSynced();
  }

  /** A snapshot of an open chat is all that a start which was cut off would be answered with (B-2). */
  #found(ref: ChatRef, frame: Frame): void {
    const start = this.requests.cutOff(this.#starting.get(ref.key)?.request);
    const isOpen = this.chats.openRefs().some((open) => open.key === ref.key);
    if (start === undefined || start.bringsMore || !isOpen) return;
    this.#starting.delete(ref.key);
    this.#settle(start);
    this.events.push({ kind: "RequestDone", request: start.id, frame });
  }

  /** The broker refused a frame of ours. */
  #refused(re: unknown, told: SysError): void {
    const error = new Refused(told.Code ?? "", told.Text ?? "");
    const item = this.onWire(re);
    if (item === undefined) {
      this.events.push({ kind: "Notice", error });
    } else if (item instanceof Outgoing && this.#mayRenew(item, error)) {
      this.#renew(item);
    } else if (BUSY.has(error.code) && !this.hopeless(item, error)) {
      this.rest(item);
    } else if (item instanceof Outgoing) {
      this.#settleSentence(item);
      this.#tellRefused(item, error);
    } else {
      this.fail(item, error);
    }
  }

  /** Give a request up. */
  protected override fail(request: Request, error: Failure): void {
    this.#settle(request);
    const { ref } = request;
    const isNo = error instanceof Refused && !BUSY.has(error.code);
    if (request.purpose === "program") {
      this.events.push({ kind: "RequestFailed", request: request.id, error });
      if (this.#noLongerStarting(request) && ref !== undefined) this.#notStarted(ref, error);
    } else if (request.purpose === "confirm") {
      // It is gone, or was never ours to confirm.
      if (error instanceof Refused) this.events.push({ kind: "Notice", error });
    } else if (request.purpose === "snapshot" && isNo && ref !== undefined) {
      // Whatever is wrong with it is wrong with this one chat, and all others go on.
      this.#resync.came(ref);
      const starts = this.#starting.has(ref.key);
      const start = this.chats.startOf(ref);
      this.events.push(...this.chats.forget(ref));
      if (starts) this.chats.follow(ref, start); // sent again, and answered for itself
    } else if (request.purpose === "renewal") {
      this.#renewed(request, undefined);
    } else {
      this.link.giveUp(`what is known was refused: ${error.message}`);
    }
    this.#checkSynced();
  }

  /** A start failed: what waited for it is refused with it, or has to find out by itself. */
  #notStarted(ref: ChatRef, error: Failure): void {
    if (!(error instanceof Refused)) {
      this.#resync.doubt(ref);
      return;
    }
    this.#refuseAll(ref, error);
    if (this.chats.get(ref) === undefined) this.chats.forget(ref);
  }

  /** Let go the start of a chat that this request was. */
  #noLongerStarting(request: Request): boolean {
    const key = request.ref?.key ?? "";
    if (this.#starting.get(key)?.request !== request.id) return false;
    return this.#starting.delete(key);
  }

  // --- a chat that is full ---

  #mayRenew(item: Outgoing, error: Refused): boolean {
    const isVisitor = this.tuning.renew && this.role === "connector";
    return isVisitor && error.code === "Overloaded" && !item.renewed;
  }

  /** Start the chat of a sentence anew; all of its sentences wait for that. */
  #renew(item: Outgoing): void {
    this.unwire(item.wire);
    item.renewed = true;
    item.wire = undefined;
    if (this.#starting.has(item.ref.key)) return;
    const start = this.ask("ES_CHAT_START", this.chats.startOf(item.ref), "renewal", item.ref);
    start.full = this.chats.get(item.ref)?.chatId ?? null;
    start.bringsMore = true; // what is open may be the full one
    this.#starting.set(item.ref.key, { ref: item.ref, request: start.id });
  }

  /** Go on with what waited, in whichever chat is open now. */
  #renewed(start: Request, frame: Frame | undefined): void {
    const { ref, full } = start;
    if (ref === undefined || !this.#noLongerStarting(start)) return;
    if (frame !== undefined && isStatus(frame)) {
      const chatId = frame.payload.ChatId ?? null;
      if (chatId !== null && chatId !== full) {
        this.events.push({ kind: "ChatRenewed", ref, full, chatId });
      }
    }
    this.#pumpChat(ref);
  }

  // --- what is due ---

  /** Do what is due. */
  wake(): void {
    for (const due of this.timers.due(this.now)) this.#due(due);
    this.events.push(...this.chats.tick(this.now));
  }

  #due(due: Due): void {
    if (due.kind === "answer") {
      const item = this.wires.get(due.wire);
      this.wires.delete(due.wire);
      if (item !== undefined) this.#unanswered(item);
    } else if (due.kind === "request") {
      const request = this.requests.get(due.id);
      if (request !== undefined) this.requests.again(request);
    } else if (due.kind === "chat") {
      for (const item of this.outbox.of(due.ref)) item.resting = false;
      this.#pumpChat(due.ref);
    } else if (this.#typingTold.delete(due.ref.key) && this.ready) {
      this.#tellTyping(due.ref, false);
    }
  }

  /** No answer came in time, on a connection that lives. */
  #unanswered(item: Request | Outgoing): void {
    if (item instanceof Outgoing) {
      item.wire = undefined; // sent again, with the same key (W-26)
      this.#pumpChat(item.ref);
    } else if (item.purpose === "confirm" || item.purpose === "renewal") {
      this.requests.again(item);
    } else if (item.purpose === "program") {
      if (item.kept || (item.lasting && item.tries < this.tuning.tries)) this.requests.again(item);
      else this.fail(item, new TimedOut(`no answer to ${item.type}`));
    } else {
      this.link.giveUp(`the broker did not answer ${item.type}`);
    }
  }

  // --- what goes ---

  /** Whether everything may be sent. */
  get ready(): boolean {
    return this.synced && this.link.stage === "open" && !this.link.hangUp;
  }

  /** Take a request of the program; gives its number. */
  askFor(type: string, payload: unknown, ref?: ChatRef): number {
    return this.ask(type, payload, "program", ref).id;
  }

  /** Take the start of a chat; its sentences wait until it is answered. */
  start(info: ChatServiceInfo, ref: ChatRef): number {
    const request = this.ask("ES_CHAT_START", info, "program", ref);
    request.bringsMore = Boolean(info.ResultModel ?? info.ReturnChatId ?? false);
    this.#starting.set(ref.key, { ref, request: request.id });
    this.chats.follow(ref, info);
    return request.id;
  }

  /** Take a sentence of the program; one that waits already is not taken twice. */
  say(ref: ChatRef, sentence: ChatSentenceInfo): void {
    if (this.outbox.find(ref, sentence) !== undefined) return;
    checked(sentence, "");
    this.outbox.add(new Outgoing(ref, sentence));
    if (!sentence.Model) this.#forgetTyping(ref);
    this.#pumpChat(ref);
  }

  /** Tell typing, as seldom as will do, and take it back when it is not renewed. */
  typing(ref: ChatRef, isTyping: boolean): void {
    if (!this.ready) return;
    const told = this.#typingTold.get(ref.key);
    const renews = this.tuning.typingRenews;
    if (!isTyping) {
      if (told === undefined) return;
      this.#forgetTyping(ref);
      this.#tellTyping(ref, false);
      return;
    }
    if (told === undefined || this.now - told >= renews) {
      this.#tellTyping(ref, true);
      this.#typingTold.set(ref.key, this.now);
    }
    this.timers.set(`typing ${ref.key}`, { kind: "typing", ref }, this.now + 2 * renews);
  }

  /** Send what may be sent now. */
  pump(): void {
    if (this.link.stage !== "open" || this.link.hangUp) return;
    for (const question of this.#resync.take()) this.#askResync(question);
    this.#checkSynced();
    for (const request of this.requests.take()) {
      if (request.waitsForReady && !this.ready) {
        this.requests.again(request);
      } else if (this.transmit(request, request.type, request.payload)) {
        request.tries += 1;
      } else {
        this.fail(request, new Refused("FrameTooLarge", "longer than the broker takes"));
      }
    }
    if (this.ready) for (const ref of this.outbox.refs) this.#pumpChat(ref);
  }

  /** Send the sentences of a chat that may be sent now. */
  #pumpChat(ref: ChatRef): void {
    if (!this.ready || this.#starting.has(ref.key)) return;
    for (const item of this.outbox.sendable(ref, this.tuning.window)) {
      if (this.transmit(item, `${this.#up}CHAT_SENTENCE`, item.sentence)) continue;
      this.outbox.remove(item);
      this.#tellRefused(item, new Refused("FrameTooLarge", "longer than the broker takes"));
    }
  }

  /** Confirm a sentence, unless that is under way. */
  confirm(ref: ChatRef, sentenceId: string): void {
    const name = `${ref.key} ${sentenceId}`;
    if (this.#confirming.has(name)) return;
    const payload = { ...this.address(ref), ID: sentenceId };
    const request = this.ask(`${this.#up}CHAT_CONFIRM`, payload, "confirm", ref);
    request.sentenceId = sentenceId;
    this.#confirming.set(name, request);
  }

  #tellTyping(ref: ChatRef, isTyping: boolean): void {
    const payload = { ...this.address(ref), IsTyping: isTyping };
    this.link.send(`${this.#up}CHAT_TYPING`, payload, false);
  }

  #forgetTyping(ref: ChatRef): void {
    this.#typingTold.delete(ref.key);
    this.timers.cancel(`typing ${ref.key}`);
  }

  /** The members that name a chat on the wire. */
  address(ref: ChatRef): { Peer: string; Port?: string; TrackingId?: string; ChatId?: string } {
    if (this.role === "workplace") return { Peer: ref.peer, ChatId: ref.name };
    const port = ref.port === null ? {} : { Port: ref.port };
    return { Peer: ref.peer, ...port, TrackingId: ref.name };
  }

  // --- the resync ---

  #beginResync(): void {
    this.synced = false;
    const settings = this.#settings;
    const lists =
      settings.role === "connector"
        ? settings.gateways.map(({ peer, port }) => ({ Peer: peer, Port: port }))
        : [{ Peer: settings.number }];
    const confirming = [...this.#confirming.values()].flatMap((one) => one.ref ?? []);
    // A list has open chats only. What became of these while we were away it need not tell.
    const cutOff = [...this.#starting.values()].filter((one) => this.requests.cutOff(one.request));
    const known = [...this.chats.openRefs(), ...this.outbox.refs, ...confirming];
    this.#resync.begin(lists, [...known, ...cutOff.map((one) => one.ref)]);
  }

  #askResync(question: Question): void {
    if (question.list !== undefined) {
      this.askList(`${this.#up}CHAT_RESYNC`, question.list);
    } else {
      const { ref } = question;
      this.ask(`${this.#up}CHAT_STATUS`, this.address(ref), "snapshot", ref);
    }
  }

  #checkSynced(): void {
    if (this.synced || this.link.stage !== "open" || !this.#resync.done) return;
    this.synced = true;
    this.link.good(this.now);
    this.events.push({ kind: "Ready" });
  }

  // --- ends ---

  #settle(request: Request): void {
    this.requests.settle(request);
    this.unwire(request.wire);
    this.timers.cancel(`request ${request.id}`);
    if (request.ref !== undefined && request.sentenceId !== undefined) {
      this.#confirming.delete(`${request.ref.key} ${request.sentenceId}`);
    }
  }

  #settleSentence(item: Outgoing): void {
    this.outbox.remove(item);
    this.unwire(item.wire);
    this.#pumpChat(item.ref);
  }

  #tellRefused(item: Outgoing, error: Failure): void {
    const { ref, sentence } = item;
    this.events.push({ kind: "SentenceRefused", ref, sentence, error });
  }

  #refuseAll(ref: ChatRef, error: Failure): void {
    for (const item of this.outbox.of(ref)) {
      this.outbox.remove(item);
      this.#tellRefused(item, error);
    }
  }

  /** Everything that was on its way is to be done again, or has failed. */
  forgetConnection(): void {
    this.synced = false;
    this.wires.clear();
    this.timers.clear();
    this.#typingTold.clear();
    this.outbox.lost();
    for (const request of this.requests.lost()) {
      if (request.purpose !== "program") continue;
      const error = new ConnectionLost(`no answer to ${request.type}: ${this.link.why}`);
      this.events.push({ kind: "RequestFailed", request: request.id, error });
    }
    this.events.push(...this.chats.lost());
  }

  /** The session is over: whatever waits has failed. */
  finish(): void {
    const { ended } = this.link;
    if (ended === undefined || this.#over) return;
    this.#over = true;
    this.timers.clear();
    for (const request of this.requests.end()) {
      if (request.purpose !== "program") continue;
      this.events.push({ kind: "RequestFailed", request: request.id, error: ended });
    }
    for (const ref of this.outbox.refs) this.#refuseAll(ref, ended);
    this.events.push(...this.chats.lost(), { kind: "SessionEnded", error: ended });
  }

  /** Give out what happened. */
  drain(): Event[] {
    const { events } = this;
    this.events = [];
    return events;
  }
}
