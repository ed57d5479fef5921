/**
 * The end of a conversation in which nobody writes: when it is near, so that the visitor is warned and can go
 * on with one action (WCAG 2.2.1).
 */

/** So long before it a visitor is warned, in milliseconds. */
export const WARNED = 60_000;
const LONGEST_TIMER = 2 ** 31 - 1;

export class Limit {
  /** When the conversation ends, on the clock of this browser; 0: that is not near. */
  endsAt = 0;
  readonly #ask: () => Promise<string | null | undefined>;
  readonly #changed: () => void;
  #ahead = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `ask` finds out when the conversation ends, as of now. */
  constructor(ask: () => Promise<string | null | undefined>, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** What the clock of the other side says just now. */
  clock(time: string | null | undefined): void {
    this.#ahead = Date.parse(time ?? "") - Date.now() || 0;
  }

  /** The conversation ends at this time unless somebody writes; null: it does not. */
  at(time: string | null | undefined): void {
    clearTimeout(this.#timer);
    const end = Date.parse(time ?? "") - this.#ahead;
    const left = end - Date.now();
    const before = this.endsAt;
    this.endsAt = left <= WARNED ? end : 0;
    // Somebody may have written since that time was told: so it is asked for before anybody is warned.
    const wait = Math.min(left - WARNED, LONGEST_TIMER);
    if (left > WARNED) this.#timer = setTimeout(() => void this.look(), wait);
    if (this.endsAt !== before) this.#changed();
  }

  /** Find out when it ends. */
  async look(): Promise<void> {
    try {
      this.at(await this.#ask());
    } catch {
      // There is no connection: with the next one it is told again.
    }
  }
}
