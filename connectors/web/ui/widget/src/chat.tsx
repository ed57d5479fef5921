/** The widget's second part: the conversation. The launcher loads it when somebody needs it. */

import { render } from "preact";
import { Client, type Dial, newGuid } from "../../client/src/client.ts";
import { webSocket } from "../../client/src/websocket.ts";
import { isOwn, route } from "./api.ts";
import { CHAT_CSS } from "./chat.css.ts";
import type { ChatFactory, ChatUi, Context } from "./context.ts";
import type { Fallback } from "./fallback.ts";
import { Invitation, Preview } from "./invitation.tsx";
import type { Extras } from "./keeping.ts";
import type { Keeping } from "./menu.tsx";
import { Conversation, type Line } from "./model.ts";
import { Panel } from "./panel.tsx";
import type { Values } from "./template.ts";
import { Templating } from "./templating.tsx";

/** The chat of one page. */
class Chat implements ChatUi {
  readonly #context: Context;
  readonly #place = document.createElement("div");
  readonly #away = new AbortController();
  readonly #socket: string;
  #dial: Dial;
  #isUseless: boolean;
  readonly #templating: Templating;
  #client: Client;
  #talk: Conversation;
  #isOpen = false;
  #mayFocus = false;
  #isInviting = false;
  #turn = 0;
  #title = "";
  #peek: Line | null = null;

  constructor(context: Context) {
    this.#context = context;
    this.#templating = new Templating(context, () => this.#draw());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CHAT_CSS);
    context.root.adoptedStyleSheets = [...context.root.adoptedStyleSheets, sheet];
    context.root.prepend(this.#place);
    const { base, keep } = context.site;
    this.#socket = `${base.replace(/^http/, "ws")}ws`;
    this.#isUseless = keep.isPolling;
    this.#dial = webSocket(this.#socket, WebSocket, () => {
      this.#isUseless = true;
    });
    [this.#client, this.#talk] = this.#connected();
    const { signal } = this.#away;
    document.addEventListener("visibilitychange", () => this.#looked(), { signal });
    for (const type of ["focus", "scroll"])
      addEventListener(type, () => this.#looked(), { signal });
    addEventListener("storage", () => this.#talk.seenElsewhere(), { signal });
    addEventListener("online", () => this.#client.dialNow(), { signal });
    addEventListener("offline", () => this.#client.hangUp(), { signal });
    this.#draw();
  }

  open(mayFocus: boolean): void {
    this.#isInviting = false;
    this.#isOpen = true;
    this.#peek = null;
    this.#mayFocus = mayFocus;
    this.#client.dialNow();
    this.#talk.look();
    this.#draw();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#draw();
    this.#context.closed();
  }

  send(text: string): void {
    this.#talk.say(text);
  }

  invite(seconds: number, honoured: number): void {
    const { keep } = this.#context.site;
    const isDeclined = Date.now() - keep.declined < honoured * 1000;
    if (this.#isOpen || isDeclined || this.#talk.isOpen) return;
    this.#isInviting = true;
    setTimeout(() => this.#invited(), seconds * 1000);
    this.#draw();
    this.#context.emit("invited", {});
  }

  navigate(url: string, title: string): void {
    this.#talk.navigate(url, title);
  }

  look(signal: string | null | undefined): void {
    // What was begun to be filled in stays, whoever comes.
    const begun = this.#place.querySelector<HTMLTextAreaElement>(".fill textarea")?.value;
    if (this.#isOpen && !begun && signal !== this.#talk.signal) this.#talk.look();
  }

  restyle(): void {
    this.#draw();
  }

  reconnect(): void {
    this.#client.close();
    [this.#client, this.#talk] = this.#connected();
    if (this.#isOpen) this.#talk.look();
    this.#draw();
  }

  destroy(): void {
    this.#away.abort();
    this.#client.close();
    render(null, this.#place);
  }

  #connected(): [Client, Conversation] {
    const { site, about } = this.#context;
    const client = new Client(
      {
        role: "connector",
        gateways: [{ peer: site.site }],
        token: "",
        tuning: { confirm: false },
      },
      (hearing) => this.#dial(hearing),
      { token: (isRefused) => this.#token(isRefused) },
    );
    const talk = new Conversation(client, {
      site: site.site,
      keep: site.keep,
      newId: newGuid,
      about,
      isSeen: () => this.#isSeen(),
      extras: () => this.#extras(),
      changed: () => this.#draw(),
      emit: (type, detail) => this.#told(type, detail),
    });
    return [client, talk];
  }

  /** No socket can be had: go on by requests, and by a socket again once one carries something. */
  async #poll(): Promise<void> {
    const { site, part } = this.#context;
    const { polling } = (await part("fallback")) as unknown as Fallback;
    site.keep.isPolling = true;
    this.#isUseless = false;
    this.#dial = polling({
      url: `${site.base}api/Frames`,
      socket: webSocket(this.#socket),
      changed: () => {
        site.keep.isPolling = false;
      },
    });
  }

  /** The token of the visitor; a new one where the old one was no good, or there is none. */
  async #token(isRefused: boolean): Promise<string> {
    const { site, options, page } = this.#context;
    const own = isOwn(site);
    if (this.#isUseless) await this.#poll().catch(() => {});
    if (isRefused) site.keep.token = "";
    if (isRefused || (!own && site.keep.token === "")) {
      const { culture, userToken } = options;
      await route(site, { url: page().url, culture, userToken });
    }
    return own ? "cookie" : site.keep.token;
  }

  /** The invitation is over; `isDeclined`: the visitor said so. */
  #invited(isDeclined = false): void {
    if (isDeclined) this.#context.site.keep.declined = Date.now();
    if (!this.#isInviting) return;
    this.#isInviting = false;
    this.#draw();
  }

  #told(type: string, detail: Record<string, unknown>): void {
    const isHeard = type === "message" && detail.from === "agent";
    const { site, setting } = this.#context;
    const hasSound = setting("sound") !== "false" && !site.keep.isMuted;
    if (isHeard && hasSound && !this.#isSeen()) {
      void this.#extras().then(({ ring }) => ring(site.keep, String(detail.id)));
    }
    if (type === "unread") this.#count(Number(detail.count));
    this.#context.emit(type, detail);
  }

  /** Show beside the button what was said last: in one tab, that somebody looks at, and once. */
  #peekAt(): void {
    const { newest } = this.#talk;
    const { keep } = this.#context.site;
    if (this.#isOpen || document.hidden || !newest) return;
    const { line, place } = newest;
    const { chat, counter } = keep.peeked;
    if (chat === place.chat && counter >= place.counter) return;
    if (this.#context.setting("preview") === "false") return;
    keep.peeked = place;
    this.#peek = line;
    this.#draw();
  }

  #hidePeek(): void {
    this.#peek = null;
    this.#draw();
    this.#context.focus(); // what had it is gone
  }

  #isSeen(): boolean {
    const { top, bottom } = this.#place.getBoundingClientRect();
    return (
      this.#isOpen &&
      document.visibilityState === "visible" &&
      // In an element of the page it may be further down, or up.
      bottom > 0 &&
      top < innerHeight
    );
  }

  readonly #keeping: Keeping = {
    save: () => void this.#keep(false),
    print: () => void this.#keep(true),
    mute: (isMuted) => {
      this.#context.site.keep.isMuted = isMuted;
      this.#draw();
    },
    left: () => this.#context.emit("left", {}),
  };

  /** Give the visitor the conversation. */
  async #keep(isPrint: boolean): Promise<void> {
    const texts = this.#context.texts();
    const { print, saveAs, transcript } = await this.#extras();
    const { lines, agentName } = this.#talk;
    if (isPrint) {
      const { name: visitor = "" } = this.#context.about();
      const values = { ...this.#words, visitor, agent: agentName ?? "" };
      print(lines, texts, this.#templating.template, values);
    } else {
      saveAs(new Blob([transcript(lines, texts)], { type: "text/plain" }), "chat.txt");
    }
  }

  /** What a template may name. */
  get #words(): Values {
    return { ...this.#context.routing()?.Settings, ...this.#context.texts() };
  }

  async #extras(): Promise<Extras> {
    return ((await this.#context.part("extras")) as { extras: Extras }).extras;
  }

  /** Show in the title of the page how much is new. */
  #count(unread: number): void {
    if (this.#title !== "" && document.title === this.#title) {
      document.title = document.title.replace(/^\(\d+\) /, "");
    }
    if (unread === 0) this.#peek = null;
    else this.#peekAt();
    this.#title = unread > 0 ? `(${unread}) ${document.title}` : "";
    if (this.#title) document.title = this.#title;
  }

  #looked(): void {
    if (document.visibilityState !== "visible") return;
    this.#client.dialNow();
    this.#peekAt();
    if (this.#isOpen) this.#talk.seen();
  }

  #draw(): void {
    this.#turn += 1;
    const texts = this.#context.texts();
    const { site, setting, page } = this.#context;
    const { name, variables } = this.#context.about();
    render(
      <>
        {this.#isInviting && (
          <Invitation
            texts={texts}
            accept={() => this.#context.accepted()}
            decline={() => this.#invited(true)}
          />
        )}
        {!this.#isOpen && (
          <Preview
            texts={texts}
            line={this.#peek}
            open={() => this.#context.accepted()}
            hide={() => this.#hidePeek()}
          />
        )}
        <Panel
          talk={this.#talk}
          texts={texts}
          site={site}
          setting={setting}
          url={page().url}
          known={{ ...variables, ...(name ? { name } : {}) }}
          keeping={this.#keeping}
          isOpen={this.#isOpen}
          isInline={this.#context.isInline()}
          part={(name) => this.#context.part(name)}
          template={this.#templating.template}
          words={this.#words}
          mayFocus={this.#mayFocus}
          newId={newGuid}
          close={() => this.close()}
          turn={this.#turn}
        />
      </>,
      this.#place,
    );
  }
}

const make: ChatFactory = (context) => new Chat(context);
Object.assign((window as unknown as { Parley: object }).Parley, { chat: make });
