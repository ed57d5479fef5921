/** The web applications beside the chat: a form (WebForm), a message (WebMsg), a call back (WebCBack). */

import { type ComponentChildren, render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { newGuid } from "../../client/src/client.ts";
import { ask, Refusal } from "./api.ts";
import { CHAT_CSS } from "./chat.css.ts";
import type { ChatFactory, ChatUi, Context } from "./context.ts";
import { Form, type FormProps } from "./form.tsx";
import { Icon } from "./icon.tsx";
import { resultModel, scenarioOf } from "./models.ts";
import { type Done, KINDS, Letter, type LetterProps, Simple } from "./simple.tsx";
import type { Template, Values } from "./template.ts";
import { Part, Templating } from "./templating.tsx";
import { isRightToLeft } from "./texts.ts";

/** One application on a page. */
class Forms implements ChatUi {
  readonly #context: Context;
  readonly #place = document.createElement("div");
  readonly #templating: Templating;
  #isOpen = false;
  #mayFocus = false;

  constructor(context: Context) {
    this.#context = context;
    this.#templating = new Templating(context, () => this.restyle());
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CHAT_CSS);
    context.root.adoptedStyleSheets = [...context.root.adoptedStyleSheets, sheet];
    context.root.append(this.#place);
  }

  open(mayFocus: boolean): void {
    this.#isOpen = true;
    this.#mayFocus = mayFocus;
    this.restyle();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.restyle();
    this.#context.closed();
  }

  send(): void {}
  invite(): void {}
  navigate(): void {}
  look(): void {}
  reconnect(): void {}

  restyle(): void {
    const { template, isReady } = this.#templating;
    if (!isReady) return;
    const props = { isOpen: this.#isOpen, mayFocus: this.#mayFocus, template };
    render(<Sheet {...props} context={this.#context} close={() => this.close()} />, this.#place);
  }

  destroy(): void {
    render(null, this.#place);
  }
}

interface SheetProps {
  readonly context: Context;
  readonly isOpen: boolean;
  readonly mayFocus: boolean;
  readonly template: Template | undefined;
  readonly close: () => void;
}

function Sheet({ context, isOpen, mayFocus, template, close }: SheetProps) {
  const texts = context.texts();
  const isInline = context.isInline();
  const [done, setDone] = useState<Done | null>(null);
  const sheet = useRef<HTMLElement>(null);
  const kind = KINDS[context.site.app];
  const { Scenario, Settings } = context.routing() ?? {};
  const title =
    context.setting("title") ||
    (kind ? texts[kind.title] : Scenario?.DisplayName) ||
    texts.form_title;
  const values = { ...Settings, ...texts, title, ...done };

  useEffect(() => {
    const first = sheet.current?.querySelector<HTMLElement>(
      "form input, form select, form textarea",
    );
    if (isOpen && mayFocus) (first ?? sheet.current)?.focus();
  }, [isOpen, mayFocus]);

  useLayoutEffect(() => {
    if (done !== null) sheet.current?.focus(); // what had the focus is gone
  }, [done]);

  return (
    <section
      class="panel sheet"
      ref={sheet}
      role={isInline ? "region" : "dialog"}
      aria-label={title}
      dir={isRightToLeft(texts.language) ? "rtl" : "ltr"}
      lang={texts.language}
      tabIndex={-1}
      hidden={!isOpen}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isInline) close();
      }}
    >
      <header>
        <h2>{title}</h2>
        {!isInline && (
          <button type="button" aria-label={texts.form_close} onClick={close}>
            <Icon d="M6 6l12 12M18 6 6 18" />
          </button>
        )}
      </header>
      <div role="status">
        {done !== null &&
          (template?.has("confirmation") ? (
            <Part of={template} name="confirmation" values={values} />
          ) : (
            <p class="fill">{done.response}</p>
          ))}
      </div>
      {done === null && (
        <Framed of={template} values={values}>
          <Asked context={context} done={setDone} />
        </Framed>
      )}
    </section>
  );
}

interface FramedProps {
  readonly of: Template | undefined;
  readonly values: Values;
  readonly children: ComponentChildren;
}

/** A form in the frame that a template has for it. */
function Framed({ of, values, children }: FramedProps) {
  const place = useRef<HTMLDivElement>(null);
  const slot = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const frame = of?.has("form") ? of.fill("form", values) : document.createElement("div");
    place.current?.replaceChildren(frame);
    slot.current = place.current?.querySelector("[data-slot]") ?? (frame as Element);
  }, [of, JSON.stringify(values)]);
  useLayoutEffect(() => {
    if (slot.current) render(children, slot.current);
  });
  return <div class="part" ref={place} />;
}

function Asked({ context, done }: { context: Context; done: (done: Done) => void }) {
  const [refusal, setRefusal] = useState("");
  const { site, page, emit } = context;
  const texts = context.texts();
  const kind = KINDS[site.app];
  const { name, variables } = context.about();
  const known = { ...variables, ...(name ? { name } : {}) };
  const { Scenario, WebSiteRoutingId } = context.routing() ?? {};
  if (kind) {
    const told = (what: Done) => {
      emit(site.app === "WebMsg" ? "left" : "wished", {});
      done(what);
    };
    return (
      <Simple
        kind={kind}
        site={site}
        url={page().url}
        texts={texts}
        name={name ?? ""}
        newId={newGuid}
        hasTitle={false}
        done={told}
      />
    );
  }
  if (!Scenario) return <p class="fill">{texts.form_none}</p>;
  const save = async (result: Parameters<typeof resultModel>[0]) => {
    setRefusal("");
    const more = { Culture: texts.language, Location: page().url, WebSiteRoutingId };
    try {
      const body = { ...resultModel(result), ...more };
      const { Id, Text } = (await ask(site, "Scenario", body)) as { Id?: string; Text?: string };
      emit("form", { form: result.ScenarioId });
      done({ response: Text || texts.form_sent, reference: Id ?? "" });
    } catch (error) {
      setRefusal(error instanceof Refusal ? error.why : texts.letter_later);
    }
  };
  return (
    <Form
      form={scenarioOf(Scenario)}
      texts={texts}
      finish={texts.form_save}
      refusal={refusal}
      newId={newGuid}
      known={known}
      done={(result) => void save(result)}
    />
  );
}

/** What is drawn into a place of the chat. */
const drawing = {
  form: (place: Element, props: FormProps): void => render(<Form {...props} />, place),
  letter: (place: Element, props: LetterProps): void => render(<Letter {...props} />, place),
};
export type Drawing = typeof drawing;

const forms: ChatFactory = (context) => new Forms(context);
Object.assign((window as unknown as { Parley: object }).Parley, { forms, ...drawing });
