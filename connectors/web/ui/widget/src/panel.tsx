/** The conversation as a person sees and hears it. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Site } from "./api.ts";
import { AgentPicture, File as Attached, Emojis } from "./extras.tsx";
import type { Drawing } from "./forms.tsx";
import { Icon } from "./icon.tsx";
import type { Keep } from "./keep.ts";
import { pieces } from "./links.ts";
import { type Keeping, Menu } from "./menu.tsx";
import type { Conversation, Line } from "./model.ts";
import type { Template, Values } from "./template.ts";
import { Part } from "./templating.tsx";
import { filled, isRightToLeft, type Texts, timeText } from "./texts.ts";

/** What the page told of the visitor, by names that people give. */
export type Known = Readonly<Record<string, string>>;

interface PanelProps {
  readonly talk: Conversation;
  readonly texts: Texts;
  readonly site: Site;
  readonly setting: (name: string) => string;
  readonly url: string;
  readonly known: Known;
  readonly keeping: Keeping;
  readonly isOpen: boolean;
  readonly isInline: boolean;
  readonly part: (name: string) => Promise<object>;
  readonly template: Template | undefined;
  /** What a template may name besides. */
  readonly words: Values;
  /** Whether the visitor asked for it: then the focus is here. */
  readonly mayFocus: boolean;
  readonly newId: () => string;
  readonly close: () => void;
  /** Counts the changes of the conversation, which is not a value. */
  readonly turn: number;
}

export function Panel(props: PanelProps) {
  const { talk, texts, isOpen, isInline, mayFocus, close, site, template } = props;
  const { AgentId, Panel: pinned, Navigation: shown } = talk.isOpen ? talk.latest : {};
  const panel = useRef<HTMLElement>(null);
  const focused = useRef<EventTarget | null>(null);

  useEffect(() => {
    if (isOpen && mayFocus) focusInto(panel.current);
  }, [isOpen, mayFocus]);

  useEffect(() => {
    // What had the focus has vanished: it stays in here. What is to be filled in may come later.
    const at = focused.current;
    const isNowhere = document.activeElement === document.body;
    const isLost = isNowhere && at instanceof Node && !at.isConnected;
    const isWaiting = at === panel.current && panel.current?.matches(":focus");
    if (isOpen && (isLost || isWaiting)) focusInto(panel.current);
  });

  return (
    <section
      class="panel"
      ref={panel}
      role={isInline ? "region" : "dialog"}
      aria-label={texts.chat_title}
      dir={isRightToLeft(texts.language) ? "rtl" : "ltr"}
      lang={texts.language}
      tabIndex={-1}
      hidden={!isOpen}
      onFocusIn={(event) => {
        focused.current = event.target;
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isInline) close();
      }}
    >
      <header>
        {AgentId && (
          <AgentPicture key={AgentId} name={talk.agentName ?? ""} id={AgentId} site={site} />
        )}
        {template?.has("header") ? (
          <Part of={template} name="header" values={valuesOf(props)} />
        ) : (
          <h2>{texts.chat_title}</h2>
        )}
        <Menu {...props} keep={site.keep} hasSound={props.setting("sound") !== "false"} />
        {!isInline && (
          <button type="button" aria-label={texts.chat_close} onClick={close}>
            <Icon d="M6 6l12 12M18 6 6 18" />
          </button>
        )}
      </header>
      <p class="say" role="status">
        {stateOf(talk, texts)}
      </p>
      {talk.isOpen && talk.limit.endsAt > 0 && (
        <div class="pinned stay" role="alert">
          {filled(texts.stay_ask, {
            time: timeText(new Date(talk.limit.endsAt).toISOString(), texts.language),
          })}
          <button type="button" class="other" onClick={() => talk.say(texts.stay_said)}>
            {texts.stay_yes}
          </button>
        </div>
      )}
      {pinned?.Text && (
        <p class="pinned">
          <Text text={pinned.Text} />
        </p>
      )}
      {shown?.Text && (
        <p class="pinned">
          {texts.page_shown} <Text text={shown.Text.split("\n")[0] ?? ""} />
        </p>
      )}
      <Body {...props} />
      <Part of={template} name="footer" values={valuesOf(props)} />
    </section>
  );
}

/** What a template may name. */
function valuesOf({ talk, texts, words, known }: PanelProps): Values {
  const state = stateOf(talk, texts);
  return { ...words, agent: talk.agentName ?? "", visitor: known.name ?? "", state };
}

interface LaterProps {
  readonly part: PanelProps["part"];
  readonly draw: (parley: Drawing, place: Element) => void;
}

/** A form, or a message that is left: what draws it is loaded when it is wanted. */
function Later({ part, draw }: LaterProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = (parley: object) => {
      if (place.current === null) return;
      draw(parley as Drawing, place.current);
      const panel = place.current.closest<HTMLElement>(".panel:focus");
      if (panel) focusInto(panel);
    };
    part("forms").then(drawn, console.error);
  });
  return <div class="later" ref={place} />;
}

/** Focus what comes first to be filled in, else the panel itself. */
function focusInto(panel: HTMLElement | null): void {
  const first = panel?.querySelector<HTMLElement>(
    ".write textarea, .fill input, .fill select, .fill textarea, .foot button",
  );
  (first ?? panel)?.focus();
}

/** What is said of the state of things, without being asked. */
function stateOf(talk: Conversation, texts: Texts): string {
  if (talk.reach === "offline") return texts.chat_offline;
  if (talk.reach === "away") return texts.chat_away;
  if (talk.reach === "connecting") return texts.chat_connecting;
  if (talk.status === "Closed") return texts.chat_ended;
  if (talk.isOpen) {
    const name = talk.agentName;
    return name === null ? texts.chat_waiting : filled(texts.chat_with, { name });
  }
  if (talk.signal === "Closed") return texts.chat_closed;
  return talk.signal === "Busy" ? texts.chat_busy : "";
}

function Body(props: PanelProps) {
  const { talk, texts, newId, site, setting, known, template, part } = props;
  const may = (name: string) => setting(name) !== "false";
  const rating = setting("rating");
  const isClosed = !talk.isOpen && talk.status === null && talk.signal === "Closed";
  if (isClosed) {
    const { url, keeping } = props;
    const left = () => keeping.left();
    const name = known.name ?? "";
    return (
      <Later
        part={part}
        draw={(it, place) => it.letter(place, { site, url, texts, newId, left, name })}
      />
    );
  }
  const { form } = talk;
  if (!talk.isOpen && talk.status === null && form && talk.signal !== "Closed") {
    return (
      <>
        <Part of={template} name="greeting" values={valuesOf(props)} />
        <Later
          part={part}
          key={form.ScenarioId ?? ""}
          draw={(it, place) =>
            it.form(place, {
              form,
              texts,
              finish: texts.form_send,
              refusal: talk.refusal,
              newId,
              known,
              done: (result) => void talk.begin(result),
            })
          }
        />
      </>
    );
  }
  return (
    <>
      <Log {...props} />
      <p class="typing">
        {talk.isTyping && filled(texts.chat_typing, { name: talk.agentName ?? texts.chat_us })}
      </p>
      {talk.status === "Closed" ? (
        <div class="foot">
          <button type="button" class="main" onClick={() => talk.again()}>
            {texts.chat_again}
          </button>
          {rating && talk.offered === null && (
            <button type="button" class="other" onClick={() => talk.rate(rating)}>
              {texts.rate}
            </button>
          )}
        </div>
      ) : (
        talk.mayWrite && <Composer talk={talk} texts={texts} keep={site.keep} may={may} />
      )}
    </>
  );
}

function Log(props: PanelProps) {
  const { talk, texts, newId, known, template, part } = props;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const { lines, offered } = talk;

  useLayoutEffect(() => {
    // Who reads further up is left there.
    if (isAtEnd.current && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [lines.length, offered]);

  return (
    <div
      class="log"
      ref={log}
      role="log"
      aria-label={texts.chat_log}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is to be reached by keys
      tabIndex={0}
      onScroll={({ currentTarget: it }) => {
        isAtEnd.current = it.scrollHeight - it.scrollTop - it.clientHeight < 40;
      }}
    >
      <Part of={template} name="greeting" values={valuesOf(props)} />
      {lines.map((line) => (
        <Said key={line.key} line={line} talk={talk} texts={texts} />
      ))}
      {offered && (
        <div>
          <Later
            part={part}
            draw={(it, place) =>
              it.form(place, {
                form: offered,
                texts,
                finish: texts.form_save,
                refusal: talk.refusal,
                newId,
                known,
                done: (result) => void talk.save(result),
              })
            }
          />
        </div>
      )}
    </div>
  );
}

interface SaidProps {
  readonly line: Line;
  readonly talk: Conversation;
  readonly texts: Texts;
}

function Said({ line, talk, texts }: SaidProps) {
  const kind = line.isNote ? "note" : line.mine ? "mine" : "";
  const name = line.mine ? texts.chat_you : line.name || texts.chat_us;
  return (
    <div class={`line ${kind}`}>
      {!line.isNote && (
        <p class="by">
          {name}
          {line.time && ` · ${timeText(line.time, texts.language)}`}
        </p>
      )}
      {(line.attachments.length !== 1 || line.attachments[0]?.Name !== line.text) && (
        <p class="text" dir="auto">
          <Text text={line.text} />
        </p>
      )}
      {line.attachments.map((one) => (
        <Attached key={one.BlobId ?? ""} about={one} line={line} talk={talk} texts={texts} />
      ))}
      {line.mine && !line.isNote && <Mark line={line} talk={talk} texts={texts} />}
    </div>
  );
}

function Text({ text }: { text: string }) {
  const found = useMemo(() => pieces(text), [text]);
  return (
    <>
      {found.map((piece, place) =>
        piece.href ? (
          <a key={place} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

/** How far a line of the visitor's has come. */
function Mark({ line, talk, texts }: SaidProps) {
  const told = {
    sending: texts.line_sending,
    stored: texts.line_stored,
    delivered: texts.line_delivered,
    failed: filled(texts.line_failed, { why: line.why }),
  };
  return (
    <p class={line.state === "failed" ? "by bad" : "by"} data-state={line.state}>
      {line.state === "stored" && <Icon d="m5 13 4 4 10-10" />}
      {line.state === "delivered" && <Icon d="m1 13 4 4 10-10M11 17l1 0 10-10" />}
      {told[line.state]}
      {line.state === "failed" && (
        <>
          <button type="button" class="act" onClick={() => talk.retry(line)}>
            {texts.line_retry}
          </button>
          <button type="button" class="act" onClick={() => talk.discard(line)}>
            {texts.line_withdraw}
          </button>
        </>
      )}
    </p>
  );
}

interface ComposerProps {
  readonly talk: Conversation;
  readonly texts: Texts;
  readonly keep: Keep;
  readonly may: (name: string) => boolean;
}

function Composer({ talk, texts, keep, may }: ComposerProps) {
  const [text, setText] = useState(keep.draft);
  const field = useRef<HTMLTextAreaElement>(null);

  const say = () => {
    if (text.trim() === "") return;
    talk.say(text.trim());
    keep.draft = "";
    setText("");
    field.current?.focus();
  };

  return (
    <form
      class="write"
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        aria-label={texts.chat_write}
        placeholder={texts.chat_write}
        dir="auto"
        value={text}
        onInput={({ currentTarget: { value } }) => {
          setText(value);
          keep.draft = value;
          talk.typing(value.trim() !== "");
        }}
        onKeyDown={(event) => {
          // Who composes a character chooses it by the same key.
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          say();
        }}
      />
      <div class="tools">
        {may("emoji") && (
          <Emojis
            texts={texts}
            talk={talk}
            pick={(emoji) => {
              const at = field.current?.selectionEnd ?? text.length;
              const longer = text.slice(0, at) + emoji + text.slice(at);
              keep.draft = longer;
              setText(longer);
              field.current?.focus();
            }}
          />
        )}
        {may("attachments") && (
          <label class="tool" title={texts.chat_attach}>
            <Icon d="M21 11.5 12.5 20a5.5 5.5 0 0 1-8-8l9-8.5a3.7 3.7 0 0 1 5.3 5.3l-8.8 8.6a1.8 1.8 0 0 1-2.6-2.6L15 7" />
            <input
              type="file"
              aria-label={texts.chat_attach}
              onChange={({ currentTarget: input }) => {
                for (const file of input.files ?? []) talk.attach(file);
                input.value = "";
              }}
            />
          </label>
        )}
        <button type="submit" class="main" aria-label={texts.chat_send}>
          <Icon d="M4 12 20 4l-5 16-4-7zM20 4l-9 9" />
        </button>
      </div>
    </form>
  );
}
