/**
 * The conversation as the page shows it: a fold of what the client tells, and what the visitor does.
 *
 * A line of the visitor's counts as sent when its echo came, and as delivered when the other side
 * confirmed it; one that was refused stands there until it is tried again or discarded.
 */

import type { Client } from "../../client/src/client.ts";
import { Refused } from "../../client/src/errors.ts";
import { ChatRef, type Event } from "../../client/src/events.ts";
import type {
  AttachmentInfo,
  BlobStatusInfo,
  ChatSentenceInfo,
  ChatServiceInfo,
  ChatStatusInfo,
  ScenarioInfo,
  ScenarioResultInfo,
} from "../../client/src/protocol.ts";
import type { ChatStatus } from "../../client/src/view.ts";
import type { Keep, Seen } from "./keep.ts";
import type { Extras } from "./keeping.ts";
import { Limit } from "./limit.ts";
import { type About, type Line, type LineState, lineOf, type Reach } from "./lines.ts";

export type { About, Line, LineState, Reach } from "./lines.ts";

/** The name of every visitor's chat, seen from their browser. */
export const VISITOR = "visitor";

/** What the model asks of the page around it. */
export interface Around {
  readonly site: string;
  readonly keep: Keep;
  readonly newId: () => string;
  readonly about: () => About;
  /** Whether the visitor sees the conversation at this moment. */
  readonly isSeen: () => boolean;
  /** Something is to be shown anew. */
  readonly changed: () => void;
  readonly extras: () => Promise<Extras>;
  readonly emit: (type: string, detail: Record<string, unknown>) => void;
}

/** One visitor's conversation. */
export class Conversation {
  reach: Reach = "connecting";
  status: ChatStatus | null = null;
  agentName: string | null = null;
  isTyping = false;
  /** What to fill in before the chat begins; undefined: that is not known yet. */
  form: ScenarioInfo | null | undefined;
  /** A form that is offered in the chat. */
  offered: ScenarioInfo | null = null;
  /** What the broker says to a chat: `Free`, `Busy`, `Closed`. */
  signal: string | null = null;
  /** Why the form, or the start, was refused. */
  refusal = "";
  readonly ref: ChatRef;
  readonly limit: Limit;
  readonly #client: Client;
  readonly #around: Around;
  #lines: Line[] = [];
  #waiting: Line[] = [];
  /** Files whose lines have no echo yet: for another try. */
  readonly #files = new Map<string, { readonly blobId: string; readonly file: File }>();
  #unseen: { readonly id: string; readonly counter: number }[] = [];
  #chatId = "";
  #isStarting = false;
  #isAsking = false;

  constructor(client: Client, around: Around) {
    this.#client = client;
    this.#around = around;
    this.ref = new ChatRef(around.site, VISITOR);
    this.limit = new Limit(async () => (await this.#status()).DeadTimeUtc, around.changed);
    client.on((event) => this.#hear(event));
  }

  /** All lines in their order: what is said, then what is on its way. */
  get lines(): readonly Line[] {
    return [...this.#lines, ...this.#waiting];
  }

  /** How many lines the visitor has not seen. */
  get unread(): number {
    return this.#unseen.length;
  }

  /** The last line in words that the visitor has not seen, and its place. */
  get newest(): { readonly line: Line; readonly place: Seen } | undefined {
    for (const { id, counter } of [...this.#unseen].reverse()) {
      const line = this.#lines.find((one) => one.id === id && one.text.trim() !== "");
      if (line) return { line, place: { chat: this.#chatId, counter } };
    }
    return undefined;
  }

  /** Whether a chat runs. */
  get isOpen(): boolean {
    return this.status !== null && this.status !== "Closed";
  }

  /** Whether something may be written now, or a form comes first. */
  get mayWrite(): boolean {
    return this.isOpen || this.#isStarting || (this.form === null && this.signal !== "Closed");
  }

  /** The visitor looks: what is there is seen, and what a chat needs is found out. */
  look(): void {
    this.seen();
    if (this.reach === "ready" && !this.isOpen && this.status === null) void this.#ask();
  }

  /** Begin anew, after a conversation that has ended. */
  again(): void {
    this.status = null;
    this.form = undefined;
    this.refusal = "";
    void this.#ask();
    this.#around.changed();
  }

  /** Start the chat with a form that was filled in. */
  async begin(result?: ScenarioResultInfo): Promise<void> {
    this.#isStarting = true;
    this.refusal = "";
    this.#around.changed();
    try {
      await this.#client.startChat(this.#start(result)).started;
      this.form = undefined;
      if (result) this.#around.emit("form", { form: result.ScenarioId });
    } catch (error) {
      this.refusal = reasonOf(error);
    }
    this.#isStarting = false;
    this.#around.changed();
  }

  /** Save a form that was offered in the chat. */
  async save(result: ScenarioResultInfo): Promise<void> {
    this.refusal = "";
    // A form of a conversation that is over belongs to it, too.
    const ChatId = this.#chatId || undefined;
    const payload = { ...result, Peer: this.#around.site, ChatId };
    try {
      await this.#client.request("ES_SCENARIO_SAVE", payload, this.ref);
      this.offered = null;
      this.#around.emit("form", { form: result.ScenarioId });
    } catch (error) {
      this.refusal = reasonOf(error);
    }
    this.#around.changed();
  }

  /** Say something; a chat that does not run is started with it. */
  say(text: string, attachments: AttachmentInfo[] = []): void {
    const id = this.#around.newId();
    if (!this.isOpen && !this.#isStarting) void this.begin();
    this.#around.keep.pending = [...this.#around.keep.pending, { id, text }];
    this.#send(id, text, attachments);
  }

  /** Bring a file, and say that it is there. */
  attach(file: File): void {
    const id = this.#around.newId();
    if (!this.isOpen && !this.#isStarting) void this.begin();
    this.#files.set(id, { blobId: this.#around.newId(), file });
    void this.#bring(id);
  }

  /** Fetch what a line brings. */
  async fetch(one: AttachmentInfo): Promise<Blob> {
    const name = { peer: this.#around.site, blobId: one.BlobId ?? "" };
    const { download } = await this.#around.extras();
    const { data } = await download(this.#client, name);
    return new Blob([data], { type: one.ContentType ?? "" });
  }

  /** Try a line again that was refused. */
  retry(line: Line): void {
    this.#waiting = this.#waiting.filter((one) => one.id !== line.id);
    if (!this.isOpen && !this.#isStarting) void this.begin();
    if (this.#files.has(line.id)) void this.#bring(line.id);
    else this.#send(line.id, line.text, [...line.attachments]);
  }

  /** Let a line go that was refused. */
  discard(line: Line): void {
    this.#waiting = this.#waiting.filter((one) => one.id !== line.id);
    this.#forgetPending(line.id);
    this.#files.delete(line.id);
    this.#around.changed();
  }

  typing(isTyping: boolean): void {
    if (this.isOpen) this.#client.typing(this.ref, isTyping);
  }

  /** What the broker said last of the chat. */
  get latest(): ChatStatusInfo {
    return this.#client.session.chats.get(this.ref)?.view.latest ?? {};
  }

  /** What is loaded when it is wanted. */
  extras(): Promise<Extras> {
    return this.#around.extras();
  }

  /** Offer a form after the conversation has ended. */
  rate(form: string): void {
    void this.#offer(form);
  }

  /** End the conversation. */
  async end(): Promise<void> {
    await this.#client.stop(this.ref).catch(() => {});
  }

  /** Tell the agent where the visitor is (model 6). */
  navigate(url: string, title: string): void {
    if (!this.isOpen) return;
    const text = title ? `${url}\n${title}` : url;
    this.#client.send(this.ref, text, { model: 6 }).catch(() => {});
  }

  /** The visitor sees what is there: confirms it. */
  seen(): void {
    const last = this.#unseen.at(-1);
    if (!this.#around.isSeen() || last === undefined) return;
    for (const { id } of this.#unseen) this.#client.confirm(this.ref, id);
    this.#around.keep.seen = { chat: this.#chatId, counter: last.counter };
    this.seenElsewhere();
  }

  /** What was seen in another tab is not new here. */
  seenElsewhere(): void {
    const { chat, counter } = this.#around.keep.seen;
    const left = this.#unseen.filter((one) => chat !== this.#chatId || one.counter > counter);
    if (left.length === this.#unseen.length) return;
    this.#unseen = left;
    this.#around.emit("unread", { count: left.length });
    this.#around.changed();
  }

  // --- what the client tells

  #hear(event: Event): void {
    if ("ref" in event && event.ref.key !== this.ref.key) return;
    switch (event.kind) {
      case "Connected":
        this.limit.clock(event.welcome.TimeUtc);
        break;
      case "Ready":
        this.#reached("ready");
        this.limit.at(this.isOpen ? this.latest.DeadTimeUtc : null);
        this.#sendPending();
        void this.#lookBack();
        break;
      case "Disconnected":
        this.#reached("offline");
        break;
      case "Notice":
        if (event.error.code === "Overloaded") void this.#away();
        break;
      case "ChatChanged":
        this.#changed(event.status, event.before, event.info.AgentName ?? null);
        this.limit.at(this.isOpen ? event.info.DeadTimeUtc : null);
        if (event.info.ChatId) this.#chatId = event.info.ChatId;
        break;
      case "ChatForgotten":
        this.#changed("Closed", this.status, null);
        break;
      case "SentenceAdded":
        this.#added(event.sentence, event.mine);
        break;
      case "SentenceConfirmed":
        this.#lines = this.#lines.map((line) =>
          line.mine && line.id === event.sentence.ID ? { ...line, state: "delivered" } : line,
        );
        break;
      case "SentenceRefused":
        this.#refused(event.sentence.ID ?? "", reasonOf(event.error));
        break;
      case "TypingChanged":
        this.isTyping = event.isTyping;
        this.#around.emit("typing", { isTyping: event.isTyping });
        break;
      case "Pushed":
        if (event.frame.type === "SE_BLOB_STATUS") this.#scanned(event.frame.payload);
        break;
      case "FormOffered":
        void this.#offer(event.form);
        break;
      default:
        return;
    }
    this.#around.changed();
  }

  #reached(reach: Reach): void {
    if (this.reach === reach) return;
    this.reach = reach;
    this.#around.emit("connection", { state: reach });
  }

  /** The broker is away: what is asked now is answered when it is back. */
  async #away(): Promise<void> {
    this.#reached("away");
    await this.#status().catch(() => {});
    if (this.reach !== "away") return;
    this.#reached("ready");
    this.#around.changed();
  }

  #changed(status: ChatStatus, before: ChatStatus | null, agentName: string | null): void {
    const wasOpen = this.isOpen;
    this.status = status;
    if (agentName !== this.agentName) {
      this.agentName = agentName;
      if (agentName !== null) this.#around.emit("agent", { name: agentName });
    }
    if (this.isOpen && !wasOpen) this.#around.emit("started", { isNew: before === null });
    if (!this.isOpen) {
      this.isTyping = false;
      this.offered = null;
      if (wasOpen) this.#around.emit("ended", {});
    }
  }

  /** A line of the transcript: one that waited here takes its place there. */
  #added(sentence: ChatSentenceInfo, mine: boolean): void {
    const id = sentence.ID ?? "";
    const waited = mine ? this.#waiting.find((line) => line.id === id) : undefined;
    if (mine) {
      this.#waiting = this.#waiting.filter((line) => line.id !== id);
      this.#forgetPending(id);
      this.#files.delete(id);
    }
    const key = waited?.key ?? `${sentence.ChatId ?? this.#chatId} ${sentence.Counter ?? 0}`;
    const line = lineOf(sentence, mine, key);
    this.#lines.push(line);
    if (this.limit.endsAt && !line.isNote) void this.limit.look();
    const from = mine ? "visitor" : line.isNote ? "system" : "agent";
    this.#around.emit("message", { from, text: line.text, id });
    if (mine || line.state === "delivered") return;
    this.#unseen.push({ id, counter: sentence.Counter ?? 0 });
    this.seenElsewhere();
    if (this.#around.isSeen()) this.seen();
    else if (this.unread > 0) this.#around.emit("unread", { count: this.unread });
  }

  /** A scanner has judged a file. */
  #scanned({ BlobId, Scan }: BlobStatusInfo): void {
    if (!Scan) return;
    this.#lines = this.#lines.map((line) => {
      if (!line.attachments.some((one) => one.BlobId === BlobId)) return line;
      const judged = line.attachments.map((one) =>
        one.BlobId === BlobId ? { ...one, Scan } : one,
      );
      return { ...line, attachments: judged };
    });
  }

  #refused(id: string, why: string): void {
    this.#waiting = this.#waiting.map((line) =>
      line.id === id ? { ...line, state: "failed", why } : line,
    );
  }

  // --- what goes to it

  #send(id: string, text: string, attachments: AttachmentInfo[] = []): void {
    this.#wait(id, text, attachments, "sending");
    const named = attachments.length > 0 ? { attachments } : {};
    this.#client.send(this.ref, text, { id, ...named }).catch((error: unknown) => {
      this.#refused(id, reasonOf(error));
      this.#around.changed();
    });
    this.#around.changed();
  }

  /** Bring the file of a line; the same names at another try, so that it goes on where it stopped. */
  async #bring(id: string): Promise<void> {
    const found = this.#files.get(id);
    if (found === undefined) return;
    const { file, blobId } = found;
    const about = { name: file.name, ...(file.type ? { contentType: file.type } : {}) };
    const shown = { BlobId: blobId, Name: file.name, ContentType: file.type, Size: file.size };
    this.#wait(id, file.name, [shown], "sending");
    this.#around.changed();
    try {
      const data = new Uint8Array(await file.arrayBuffer());
      const name = { peer: this.#around.site, blobId };
      const { upload } = await this.#around.extras();
      const brought = await upload(this.#client, name, data, about);
      await this.#client.send(this.ref, file.name, { id, attachments: [brought] });
    } catch (error) {
      this.#refused(id, reasonOf(error));
      this.#around.changed();
    }
  }

  /** Lines that a page before this one left without an echo: the same keys, so none comes twice. */
  #sendPending(): void {
    for (const { id, text } of this.#around.keep.pending) {
      const isThere = this.lines.some((line) => line.mine && line.id === id);
      if (isThere) continue;
      if (this.isOpen) this.#send(id, text);
      // Its chat is over: whether it arrived there the transcript will tell, else nobody has it.
      else this.#wait(id, text, [], "failed");
    }
  }

  /** Show a line of the visitor's behind the transcript. */
  #wait(id: string, text: string, attachments: AttachmentInfo[], state: LineState): void {
    const line = { key: id, id, text, name: "", mine: true, isNote: false, time: null, why: "" };
    this.#waiting = [...this.#waiting, { ...line, attachments, state }];
  }

  #forgetPending(id: string): void {
    const { keep } = this.#around;
    const left = keep.pending.filter((line) => line.id !== id);
    if (left.length !== keep.pending.length) keep.pending = left;
  }

  /** Find the conversation that has ended, if there was one; else what a new one needs. */
  async #lookBack(): Promise<void> {
    if (this.isOpen || this.status !== null) return;
    try {
      await this.#status();
    } catch {
      if (this.#around.isSeen()) void this.#ask();
    }
  }

  /** Ask where the chat stands. */
  async #status(): Promise<ChatStatusInfo> {
    const payload = { Peer: this.#around.site, TrackingId: VISITOR };
    return (await this.#client.request("ES_CHAT_STATUS", payload, this.ref)).payload;
  }

  /** Ask whether a chat would be taken, and with which form. */
  async #ask(): Promise<void> {
    if (this.#isAsking || this.isOpen) return;
    this.#isAsking = true;
    const { culture, userToken } = this.#around.about();
    try {
      const { payload } = await this.#client.request("ES_CHAT_REQUEST", {
        Peer: this.#around.site,
        TrackingId: VISITOR,
        PreferredCulture: culture,
        UserToken: userToken,
      });
      this.signal = payload.Signal ?? null;
      this.form = payload.ScenarioModel ?? null;
    } catch {
      this.form = undefined;
    }
    this.#isAsking = false;
    this.#around.changed();
  }

  async #offer(form: string | null): Promise<void> {
    if (form === null) {
      this.offered = null;
      return;
    }
    try {
      const payload = { Id: form, Reference: this.#around.about().culture };
      this.offered = (await this.#client.request("ES_SCENARIO_LOAD", payload)).payload;
      this.#around.changed();
    } catch {
      this.offered = null;
    }
  }

  #start(result: ScenarioResultInfo | undefined): ChatServiceInfo {
    const { name, culture, userToken, variables } = this.#around.about();
    const Variables = Object.entries(variables ?? {}).map(([Name, Value]) => ({ Name, Value }));
    return {
      Peer: this.#around.site,
      TrackingId: VISITOR,
      PartyName: name,
      PreferredCulture: culture,
      UserToken: userToken,
      ...(Variables.length > 0 ? { Variables } : {}),
      ...(result ? { ResultModel: result } : {}),
    };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.text || error.code;
  return error instanceof Error ? error.message : String(error);
}
