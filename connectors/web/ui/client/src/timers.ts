/** Deadlines as data: what is due, and when somebody wants to be woken next. */

interface Entry<K> {
  readonly when: number;
  readonly order: number;
  readonly name: string;
  readonly key: K;
}

/** Deadlines by name, one each; equal ones are due in the order in which they were set. */
export class Timers<K> {
  #heap: Entry<K>[] = [];
  #live = new Map<string, number>();
  #count = 0;

  /** Set the deadline of a name; one that it had is forgotten. */
  set(name: string, key: K, when: number): void {
    this.#count += 1;
    this.#live.set(name, this.#count);
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#live.size) {
      this.#heap = this.#heap.filter((entry) => this.#lives(entry)).sort(earlier);
    }
    this.#heap.push({ when, order: this.#count, name, key });
    this.#rise(this.#heap.length - 1);
  }

  /** Forget the deadline of a name, if it has one. */
  cancel(name: string): void {
    this.#live.delete(name);
  }

  /** Forget all deadlines. */
  clear(): void {
    this.#heap = [];
    this.#live.clear();
  }

  /** The earliest deadline. */
  get next(): number | undefined {
    while (this.#heap[0] !== undefined && !this.#lives(this.#heap[0])) this.#pop();
    return this.#heap[0]?.when;
  }

  /** Take out what is due, the earliest first. */
  due(now: number): K[] {
    const keys: K[] = [];
    for (let when = this.next; when !== undefined && when <= now; when = this.next) {
      const entry = this.#pop();
      if (entry === undefined) break;
      this.#live.delete(entry.name);
      keys.push(entry.key);
    }
    return keys;
  }

  #lives(entry: Entry<K>): boolean {
    return this.#live.get(entry.name) === entry.order;
  }

  #pop(): Entry<K> | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first !== undefined && last !== undefined && first !== last) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#swapped(above, at, heap)) return;
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      if (left === undefined) return;
      const below = right !== undefined && earlier(right, left) < 0 ? 2 * at + 2 : 2 * at + 1;
      if (!this.#swapped(at, below, heap)) return;
      at = below;
    }
  }

  /** Put the earlier of two entries above the other. */
  #swapped(above: number, below: number, heap: Entry<K>[]): boolean {
    const [upper, lower] = [heap[above], heap[below]];
    if (upper === undefined || lower === undefined || earlier(upper, lower) <= 0) return false;
    heap[above] = lower;
    heap[below] = upper;
    return true;
  }
}

function earlier(one: Entry<unknown>, other: Entry<unknown>): number {
  return one.when - other.when || one.order - other.order;
}
