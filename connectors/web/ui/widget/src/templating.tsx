/** The parts of a site's template in what is drawn here. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Context } from "./context.ts";
import type { Template, Values } from "./template.ts";

/** The template of the page, once it is there; what reads it is loaded where there is one. */
export class Templating {
  readonly #context: Context;
  readonly #changed: () => void;
  #html = "";
  #made: Template | undefined;
  #isReading = false;

  constructor(context: Context, changed: () => void) {
    this.#context = context;
    this.#changed = changed;
  }

  get template(): Template | undefined {
    const html = this.#context.routing()?.HtmlTemplate ?? "";
    if (html === this.#html) return this.#made;
    this.#html = html;
    this.#made = undefined;
    this.#isReading = html !== "";
    if (html) void this.#read(html);
    return undefined;
  }

  /** Whether there is nothing to wait for. */
  get isReady(): boolean {
    return this.template !== undefined || !this.#isReading;
  }

  async #read(html: string): Promise<void> {
    try {
      const { template } = (await this.#context.part("template")) as {
        template: (html: string) => Template;
      };
      if (html !== this.#html) return;
      this.#made = template(html);
      const { root } = this.#context;
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.#made.sheet];
    } catch (error) {
      console.error(error); // it is shown as if it had none
    }
    this.#isReading = false;
    this.#changed();
  }
}

interface PartProps {
  readonly of: Template | undefined;
  readonly name: string;
  readonly values: Values;
}

/** A part, filled anew when what stands in it is another. */
export function Part({ of, name, values }: PartProps) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current?.replaceChildren(...(of?.has(name) ? [of.fill(name, values)] : []));
  }, [of, name, JSON.stringify(values)]);
  return <div class="part" ref={place} />;
}
