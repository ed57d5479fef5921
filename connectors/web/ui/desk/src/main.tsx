/** The page of the desk: who is logged in decides what it shows. */

import { render } from "preact";
import { alive, logout, type Nobody, type Somebody, session, type Who } from "./api.ts";
import { DeskView } from "./desk.tsx";
import { Login, Places } from "./login.tsx";
import { Desk, deskSocket } from "./model.ts";

const ALIVE_EVERY = 60;
/** Where a tab keeps its workplace, so that it sits down again when it is loaded anew. */
const PLACE = "parley-workplace";

/** What the page shows. */
class Page {
  readonly #root: HTMLElement;
  #who: Who | undefined;
  #desk: Desk | undefined;
  #said = new URLSearchParams(location.search).has("refused")
    ? "The single sign-on did not work."
    : "";
  #turn = 0;
  #told = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => this.#used());
  }

  /** Find out who is logged in, and begin. */
  async begin(): Promise<void> {
    try {
      this.#who = await session();
    } catch {
      this.#said = "The desk cannot be reached.";
      this.#who = { LoggedIn: false, Oidc: null };
    }
    const place = sessionStorage.getItem(PLACE);
    if (this.#who.LoggedIn && place !== null && this.#who.Workplaces.includes(place)) {
      this.#sit(this.#who, place);
    }
    this.#draw();
  }

  #sit(who: Somebody, number: string): void {
    sessionStorage.setItem(PLACE, number);
    const url = new URL("ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "";
    this.#desk = new Desk(
      who,
      number,
      (aside) => deskSocket(url.href, aside),
      () => this.#soon(),
      (why) => void this.#ended(why),
    );
    this.#draw();
  }

  async #ended(why: string): Promise<void> {
    this.#desk = undefined;
    this.#said = why;
    sessionStorage.removeItem(PLACE);
    await this.begin();
  }

  async #leave(): Promise<void> {
    await logout();
    if (this.#desk === undefined) await this.begin();
  }

  /** Somebody does something: the desk is to know it now and then. */
  #used(): void {
    const now = performance.now() / 1000;
    if (this.#desk === undefined) return;
    if (this.#desk.ending === undefined && now - this.#told < ALIVE_EVERY) return;
    this.#told = now;
    this.#desk.stay();
    alive().catch(() => {});
  }

  /** Draw once, however much happens until then. */
  #soon(): void {
    if (this.#turn !== 0) return;
    this.#turn = requestAnimationFrame(() => {
      this.#turn = 0;
      this.#draw();
    });
  }

  #draw(): void {
    render(this.#shown(), this.#root);
  }

  #shown() {
    const desk = this.#desk;
    if (desk !== undefined) {
      const stay = () => this.#used();
      return <DeskView desk={desk} leave={() => void this.#leave()} stay={stay} />;
    }
    const who = this.#who;
    if (who === undefined) return <p role="status">One moment …</p>;
    if (who.LoggedIn) {
      const chosen = (number: string) => this.#sit(who, number);
      return (
        <>
          <p role="status">{this.#said}</p>
          <Places who={who} chosen={chosen} leave={() => void this.#leave()} />
        </>
      );
    }
    const good = (somebody: Somebody) => {
      this.#said = "";
      this.#who = somebody;
      this.#draw();
    };
    return <Login key={this.#said} nobody={who as Nobody} said={this.#said} good={good} />;
  }
}

const root = document.getElementById("desk");
if (root !== null) void new Page(root).begin();
