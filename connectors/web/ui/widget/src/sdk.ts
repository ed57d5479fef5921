/** What a page says to the widget, and hears of it. */

/** What is told of an event, whatever it is. */
export interface SdkEvent {
  /** A name of its own, and its place among all events of this page. */
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly createdAt: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Listener = (event: SdkEvent) => void;
export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>;
/** A command by its name, or a function that is given the whole. */
export type Queued = readonly [string, ...unknown[]] | ((sdk: Sdk) => void);

/** The object `Parley` of the page. */
export class Sdk {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #page = Math.random().toString(36).slice(2, 10);
  /** The applications of this page, by their names. */
  readonly apps = new Map<string, { destroy(): void }>();
  #commands: Commands = {};
  #seq = 0;
  #early: Queued[] = [];
  #isReady = false;

  /** Take over from what the page queued before the widget was there. */
  constructor(queued: readonly Queued[]) {
    this.#early = [...queued];
  }

  /** From now on commands are done at once. */
  serve(commands: Commands): void {
    this.#commands = commands;
    this.#isReady = true;
    for (const one of this.#early.splice(0)) this.push(one);
  }

  /** Do a command, or keep it until that is possible. */
  push(one: Queued): void {
    if (!this.#isReady) this.#early.push(one);
    else if (typeof one === "function") one(this);
    else this.call(one[0], ...one.slice(1));
  }

  /** Do a command by its name. */
  call(name: string, ...args: unknown[]): unknown {
    if (!this.#isReady) {
      this.#early.push([name, ...args]);
      return undefined;
    }
    if (name === "on") return this.on(String(args[0]), args[1] as Listener);
    const command = Object.hasOwn(this.#commands, name) ? this.#commands[name] : undefined;
    if (command === undefined) throw new Error(`Parley has no command ${name}`);
    return command(...(args as never[]));
  }

  /** Hear of events of a type (`*`: of all), until what this gives is called. */
  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Tell an event; a listener that fails concerns nobody else. */
  emit(type: string, detail: Record<string, unknown>): void {
    this.#seq += 1;
    const createdAt = new Date().toISOString();
    const event = { id: `${this.#page}-${this.#seq}`, seq: this.#seq, type, createdAt, detail };
    for (const name of [type, "*"]) {
      for (const listener of [...(this.#listeners.get(name) ?? [])]) {
        try {
          listener(event);
        } catch (error) {
          console.error(error);
        }
      }
    }
  }
}
