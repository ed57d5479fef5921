/**
 * The widget's first part, a script of a few kilobytes: whether this page has a chat, the button, the
 * object `Parley` of the page. The chat itself is loaded when somebody needs it.
 */

import { ask, PATIENCE, Refusal, type Routing, route, TryAgain } from "./api.ts";
import type { ChatFactory, ChatUi, Context, Options } from "./context.ts";
import { Keep } from "./keep.ts";
import { LAUNCHER_CSS } from "./launcher.css.ts";
import type { About } from "./model.ts";
import { type Queued, Sdk } from "./sdk.ts";
import { filled, type Texts } from "./texts.ts";

/** What a page finds under the name of `Parley`, before and after this script came. */
type Global = { Parley?: Sdk | Queued[] };

const LONGEST_PAUSE = 300;
/** So often it is asked whether somebody is there, in seconds: while it is closed, and open. */
const [LOOKS, OPEN_LOOKS] = [30, 5];

/** The launcher of one page. */
export class Launcher {
  readonly sdk: Sdk;
  readonly #base: string;
  readonly #options: Options;
  readonly #context: Context;
  readonly #host: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #label: HTMLElement;
  readonly #told: HTMLElement;
  readonly #count: HTMLElement;
  readonly #colours = new CSSStyleSheet();
  readonly #away = new AbortController();
  #attributes: Record<string, string> = {};
  #page = { url: location.href, title: document.title };
  #routing: Routing | null = null;
  #chat: ChatUi | undefined;
  readonly #parts: Record<string, Promise<Sdk>> = {};
  readonly #isChat: boolean;
  #isInline = false;
  #isTalking = false;
  #isHidden: boolean;
  #unread = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #offer: ReturnType<typeof setTimeout> | undefined;

  constructor(script: HTMLScriptElement, sdk: Sdk, app: string) {
    const { data, base } = { data: script.dataset, base: new URL(".", script.src).href };
    const site = data.site ?? "";
    this.sdk = sdk;
    this.#isChat = app === "WebChat";
    this.#base = base;
    this.#isHidden = data.hidden !== undefined;
    this.#options = {
      culture: data.culture ?? document.documentElement.lang,
      userToken: data.userToken ?? "",
      theme: data.theme ?? "",
      accent: data.accent ?? "",
      position: data.position ?? "",
      target: data.target ?? "",
    };
    this.#host = document.createElement("div");
    const root = this.#host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LAUNCHER_CSS);
    root.adoptedStyleSheets = [sheet, this.#colours];
    this.#button = document.createElement("button");
    this.#button.type = "button";
    this.#button.className = "launch";
    this.#label = document.createElement("span");
    this.#count = document.createElement("span");
    this.#count.className = "count";
    this.#count.ariaHidden = "true"; // the button's name has it in words
    this.#told = document.createElement("span");
    this.#told.className = "far";
    this.#button.append(this.#label, this.#told, this.#count);
    this.#button.addEventListener("click", () => void this.open(true));
    root.append(this.#button);
    this.#context = {
      site: { base, site, app, keep: new Keep(site, () => localStorage) },
      options: this.#options,
      root,
      texts: () => (this.#routing?.Literals ?? {}) as Texts,
      part: (name) => this.#part(name),
      setting: (name) => data[name] ?? this.#routing?.Settings?.[name] ?? "",
      about: () => this.#about(),
      routing: () => this.#routing,
      isInline: () => this.#isInline,
      page: () => this.#page,
      emit: (type, detail) => this.#emit(type, detail),
      accepted: () => void this.open(true),
      focus: () => this.#button.focus(),
      closed: () => this.#closed(),
    };
  }

  /** Begin: find out whether this page has a chat. */
  start(): void {
    if (this.sdk.apps.values().next().value === this) this.#serve();
    const { signal } = this.#away;
    for (const type of ["popstate", "hashchange"]) {
      addEventListener(type, () => this.pageChanged(), { signal });
    }
    document.addEventListener("visibilitychange", () => this.#look(), { signal });
    void this.#route(1);
  }

  /** Do what the page says. */
  #serve(): void {
    this.sdk.serve({
      open: () => this.open(true),
      close: () => this.close(),
      toggle: () => (this.#button.hidden ? this.close() : this.open(true)),
      show: () => this.#show(true),
      hide: () => this.#show(false),
      send: (text: string) => this.#load().then((chat) => chat.send(text)),
      identify: (jwt: string) => this.#identify("Identify", { Token: jwt }, "identified"),
      logout: () => this.#identify("Logout", {}, "loggedout"),
      setLocale: (culture: string) => this.#restyle({ culture }),
      setTheme: (theme: string) => this.#restyle({ theme }),
      setAttributes: (all: Record<string, string>) => this.#attribute(all),
      embed: (target: string) => this.#restyle({ target }),
      pageChanged: (url?: string, title?: string) => this.pageChanged(url, title),
      destroy: () => {
        for (const one of this.sdk.apps.values()) one.destroy();
        delete (window as Global).Parley;
      },
    });
  }

  async open(mayFocus: boolean): Promise<void> {
    if (this.#routing === null) return;
    (await this.#load()).open(mayFocus);
    this.#button.hidden = true;
    this.#wait();
    if (this.#isInline) return;
    if (this.#isChat) this.#context.site.keep.isOpen = true;
    this.sdk.emit("open", {});
  }

  close(): void {
    if (!this.#isInline) this.#chat?.close();
  }

  /** The page of a program that draws its pages itself is another one now. */
  pageChanged(url = location.href, title = document.title): void {
    if (url === this.#page.url && title === this.#page.title) return;
    this.#page = { url, title };
    this.#chat?.navigate(url, title);
    void this.#route(1);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#offer);
    this.#away.abort();
    this.#chat?.destroy();
    this.#host.remove();
  }

  /** Ask for the routing of this page, again later when that cannot be told now. */
  async #route(tries: number): Promise<void> {
    clearTimeout(this.#timer);
    const { culture, userToken } = this.#options;
    try {
      const page = { url: this.#page.url, culture, userToken };
      this.#routing = await route(this.#context.site, page);
    } catch (error) {
      if (error instanceof Refusal) {
        console.error(`Parley: ${error.message}`);
        return;
      }
      const asked = error instanceof TryAgain ? error.after : 2 ** tries;
      const wait = Math.min(LONGEST_PAUSE, asked) * (1 + Math.random());
      this.#timer = setTimeout(() => void this.#route(tries + 1), wait * 1000);
      return;
    }
    this.#wait();
    const running = this.#isChat && this.#routing?.ChatRunning?.Sentences;
    if (this.#chat === undefined && running) {
      this.#unread = running.filter((one) => one.IsOutbound && !one.IsConfirmed).length;
    }
    this.#draw();
    this.#chat?.restyle();
    this.#solicit();
    this.sdk.emit("status", { signal: this.#routing?.Signal ?? null });
    if (this.#routing === null || this.#chat !== undefined) return;
    this.sdk.emit("ready", {});
    if (this.#isInline) return;
    const isOpen = this.#context.site.keep.isOpen && Boolean(running);
    if (isOpen) await this.open(false);
    else if (running) await this.#load();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const wait = (this.#button.hidden ? OPEN_LOOKS : LOOKS) * (1 + Math.random() / 4);
    if (this.#isChat && this.#routing) this.#timer = setTimeout(() => this.#look(), wait * 1000);
  }

  /** Ask whether somebody is there: of many who ask the browser's cache knows the answer. */
  async #look(): Promise<void> {
    if (document.hidden || !this.#isChat || this.#routing === null) return;
    this.#wait();
    if (this.#isTalking) return;
    const { culture, userToken } = this.#options;
    const { site } = this.#context.site;
    const query = new URLSearchParams({ site, Culture: culture, UserToken: userToken });
    const told = await ask(this.#context.site, `Signal/WebChat?${query}`).catch(() => null);
    const { Signal } = (told ?? this.#routing) as Routing;
    this.#chat?.look(Signal);
    if (this.#routing === null || Signal === this.#routing.Signal) return;
    this.#routing = { ...this.#routing, Signal };
    this.#draw();
    this.#solicit();
    this.sdk.emit("status", { signal: Signal ?? null });
  }

  /** Load a script, unless that takes too long. */
  #script(name: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${this.#base}${name}.js`;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`no ${script.src}`));
      setTimeout(script.onerror, PATIENCE);
      document.head.append(script);
    });
  }

  /** Offer help in a while, where the rule says so and somebody is there. */
  #solicit(): void {
    const { Signal, ChatRunning, ...rule } = this.#routing ?? {};
    const after = rule.SolicitationTimeOut;
    clearTimeout(this.#offer);
    if (!after || ChatRunning || Signal !== "Free") return;
    this.#offer = setTimeout(async () => {
      if (this.#button.hidden || this.#host.hidden) return;
      const { SolicitationDuration: seconds, HonorRejectPeriod: honoured } = rule;
      (await this.#load()).invite(seconds ?? 30, honoured ?? 86_400);
    }, after * 1000);
  }

  /** Load a part, once; a failure is not kept. */
  #part(name: string): Promise<Sdk> {
    this.#parts[name] ??= this.#script(name).then(
      () => this.sdk,
      (error: unknown) => {
        delete this.#parts[name];
        throw error;
      },
    );
    return this.#parts[name];
  }

  async #load(): Promise<ChatUi> {
    const name = this.#isChat ? "chat" : "forms";
    const parts = (await this.#part(name)) as Sdk & Record<string, ChatFactory>;
    this.#chat ??= (parts[name] as ChatFactory)(this.#context);
    return this.#chat;
  }

  #closed(): void {
    this.#context.site.keep.isOpen = false;
    this.#button.hidden = false;
    this.#button.focus();
    this.sdk.emit("close", {});
  }

  #emit(type: string, detail: Record<string, unknown>): void {
    if (type === "started" || type === "ended") this.#isTalking = type === "started";
    if (type === "unread") {
      this.#unread = Number(detail.count);
      this.#draw();
    }
    this.sdk.emit(type, detail);
  }

  #show(isShown: boolean): void {
    this.#isHidden = !isShown;
    this.#draw();
    this.sdk.emit(isShown ? "show" : "hide", {});
  }

  #draw(): void {
    const { Signal, ChatRunning, Settings, TargetElementID, Scenario } = this.#routing ?? {};
    const isNothing = this.#routing === null || (Signal === "Hidden" && !ChatRunning);
    const texts = this.#context.texts();
    const { theme, position, accent, target, title }: Partial<Record<string, string | null>> = {
      target: TargetElementID,
      ...Settings,
      ...given(this.#options),
    };
    this.#host.hidden = isNothing || this.#isHidden;
    this.#host.dataset.theme = theme ?? "";
    this.#host.dataset.position = position ?? "";
    const isColour = accent && CSS.supports("color", accent);
    this.#colours.replaceSync(isColour ? `:host { --accent: ${accent}; }` : "");
    const { app } = this.#context.site;
    const name =
      title ||
      { WebChat: texts.chat_title, WebMsg: texts.letter_title, WebCBack: texts.call_title }[app] ||
      Scenario?.DisplayName ||
      texts.chat_title;
    this.#button.dataset.signal = this.#isChat ? (Signal ?? "") : "None";
    this.#label.textContent = name;
    this.#count.textContent = this.#unread > 0 ? String(this.#unread) : "";
    const unread = this.#unread > 0 ? filled(texts.chat_unread, { count: this.#unread }) : "";
    const state = { Busy: texts.chat_busy, Closed: texts.chat_closed, Free: texts.chat_free };
    const said = ["", this.#isChat && state[Signal as keyof typeof state], unread];
    this.#told.textContent = said.filter((text, place) => text || !place).join(" – ");
    this.#place(isNothing ? null : document.getElementById(target ?? ""));
    if (target && !this.#isInline && !isNothing) console.warn(`Parley: no element ${target} here`);
    if (!this.#host.isConnected && !isNothing) document.body.append(this.#host);
  }

  /** Stand in an element of the page, open, or float at its edge. */
  #place(target: HTMLElement | null): void {
    const isInline = target !== null;
    if (isInline && this.#host.parentNode !== target) target.append(this.#host);
    if (isInline === this.#isInline) return;
    this.#isInline = isInline;
    this.#host.toggleAttribute("data-inline", isInline);
    this.#button.hidden = isInline;
    if (isInline) void this.open(false);
    else {
      this.#chat?.close();
      document.body.append(this.#host);
    }
  }

  async #identify(path: string, body: unknown, told: string): Promise<void> {
    await ask(this.#context.site, path, body);
    this.#chat?.reconnect();
    this.sdk.emit(told, {});
    await this.#route(1);
  }

  #restyle(changed: Partial<Options>): void {
    Object.assign(this.#options, changed);
    this.#draw();
    this.#chat?.restyle();
    if (changed.culture !== undefined) void this.#route(1);
  }

  #attribute(all: Record<string, string>): void {
    this.#attributes = { ...this.#attributes, ...all };
  }

  #about(): About {
    const { name, ...variables } = this.#attributes;
    const { culture, userToken } = this.#options;
    const known = name ?? this.#routing?.PartyName ?? undefined;
    return {
      variables,
      ...(known ? { name: known } : {}),
      ...(culture ? { culture } : {}),
      ...(userToken ? { userToken } : {}),
    };
  }
}

/** The options that were really given. */
function given(options: Options): Partial<Options> {
  return Object.fromEntries(Object.entries(options).filter((entry) => entry[1] !== ""));
}

/** Begin on this page, unless this application is on it already. */
export function begin(script: HTMLScriptElement | null): void {
  const page = window as Global;
  const app = script?.dataset.app ?? "WebChat";
  const there = Array.isArray(page.Parley) ? undefined : page.Parley;
  if (there && there.apps?.has(app) !== false) {
    console.error("Parley is here already");
    return;
  }
  if (!script?.dataset.site) {
    console.error("Parley: no data-site");
    return;
  }
  const sdk = there ?? new Sdk((page.Parley as Queued[] | undefined) ?? []);
  const launcher = new Launcher(script, sdk, app);
  sdk.apps.set(app, launcher);
  page.Parley = sdk;
  const start = () => launcher.start();
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start, { once: true });
}
