/** The conversation as a person sees and hears it. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { isRightToLeft, type Texts } from "./chat_texts.ts";
import { File as Attached, Drawn, Emojis } from "./extras.tsx";
import { Form } from "./form.tsx";
import type { Keep } from "./keep.ts";
import { pieces } from "./links.ts";
import type { Conversation, Line } from "./model.ts";
import { filled } from "./texts.ts";

interface PanelProps {
  readonly talk: Conversation;
  readonly texts: Texts;
  readonly culture: string;
  readonly keep: Keep;
  readonly isOpen: boolean;
  /** Whether the visitor asked for it: then the focus is here. */
  readonly mayFocus: boolean;
  readonly newId: () => string;
  readonly close: () => void;
  /** A small picture of an agent. */
  readonly portrait: (agentId: string) => Promise<Blob>;
  /** Counts the changes of the conversation, which is not a value. */
  readonly turn: number;
}

export function Panel(props: PanelProps) {
  const { talk, texts, culture, isOpen, mayFocus, close } = props;
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
      role="dialog"
      aria-label={texts.chat_title}
      dir={isRightToLeft(culture) ? "rtl" : "ltr"}
      lang={culture || undefined}
      tabIndex={-1}
      hidden={!isOpen}
      onFocusIn={(event) => {
        focused.current = event.target;
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <header>
        {talk.isOpen && talk.agentId && (
          <Drawn
            name={talk.agentName ?? ""}
            of={talk.agentId}
            load={() => props.portrait(talk.agentId ?? "")}
          />
        )}
        <h2>{texts.chat_title}</h2>
        {talk.isOpen && (
          <button type="button" onClick={() => void talk.end()}>
            {texts.chat_end}
          </button>
        )}
        <button type="button" aria-label={texts.chat_close} onClick={close}>
          <span aria-hidden="true">✕</span>
        </button>
      </header>
      <p class="say" role="status">
        {stateOf(talk, texts)}
      </p>
      <Body {...props} />
    </section>
  );
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

function Body({ talk, texts, keep, newId, culture }: PanelProps) {
  if (!talk.isOpen && talk.status === null && talk.form && talk.signal !== "Closed") {
    return (
      <Form
        key={talk.form.ScenarioId ?? ""}
        form={talk.form}
        texts={texts}
        finish={texts.form_send}
        refusal={talk.refusal}
        newId={newId}
        done={(result) => void talk.begin(result)}
      />
    );
  }
  return (
    <>
      <Log talk={talk} texts={texts} culture={culture} newId={newId} />
      <p class="typing">
        {talk.isTyping && filled(texts.chat_typing, { name: talk.agentName ?? texts.chat_us })}
      </p>
      {talk.status === "Closed" ? (
        <div class="foot">
          <button type="button" class="main" onClick={() => talk.again()}>
            {texts.chat_again}
          </button>
        </div>
      ) : (
        talk.mayWrite && <Composer talk={talk} texts={texts} keep={keep} />
      )}
    </>
  );
}

interface LogProps {
  readonly talk: Conversation;
  readonly texts: Texts;
  readonly culture: string;
  readonly newId: () => string;
}

function Log({ talk, texts, culture, newId }: LogProps) {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const { length } = talk.lines;

  useLayoutEffect(() => {
    // Who reads further up is left there.
    if (isAtEnd.current && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [length, talk.offered]);

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
      {talk.lines.map((line) => (
        <Said key={line.key} line={line} talk={talk} texts={texts} culture={culture} />
      ))}
      {talk.offered && (
        <div>
          <Form
            form={talk.offered}
            texts={texts}
            finish={texts.form_save}
            refusal={talk.refusal}
            newId={newId}
            done={(result) => void talk.save(result)}
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
  readonly culture: string;
}

function Said({ line, talk, texts, culture }: SaidProps) {
  const kind = line.isNote ? "note" : line.mine ? "mine" : "";
  const name = line.mine ? texts.chat_you : line.name || texts.chat_us;
  return (
    <div class={`line ${kind}`}>
      {!line.isNote && (
        <p class="by">
          {name}
          {line.time && ` · ${clockTime(line.time, culture)}`}
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
function Mark({ line, talk, texts }: Omit<SaidProps, "culture">) {
  const told = {
    sending: texts.line_sending,
    stored: `✓ ${texts.line_stored}`,
    delivered: `✓✓ ${texts.line_delivered}`,
    failed: filled(texts.line_failed, { why: line.why }),
  };
  return (
    <p class={line.state === "failed" ? "by bad" : "by"} data-state={line.state}>
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

function Composer({ talk, texts, keep }: { talk: Conversation; texts: Texts; keep: Keep }) {
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
        <Emojis
          texts={texts}
          pick={(emoji) => {
            const at = field.current?.selectionEnd ?? text.length;
            const longer = text.slice(0, at) + emoji + text.slice(at);
            keep.draft = longer;
            setText(longer);
            field.current?.focus();
          }}
        />
        <label class="tool" title={texts.chat_attach}>
          <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
            <path
              d="M8 11V7a4 4 0 0 1 8 0v10a2.5 2.5 0 0 1-5 0V8"
              fill="none"
              stroke="currentColor"
              stroke-width="2"
              stroke-linecap="round"
            />
          </svg>
          <input
            type="file"
            aria-label={texts.chat_attach}
            onChange={({ currentTarget: input }) => {
              for (const file of input.files ?? []) talk.attach(file);
              input.value = "";
            }}
          />
        </label>
        <button type="submit" class="main">
          {texts.chat_send}
        </button>
      </div>
    </form>
  );
}

function clockTime(time: string, culture: string): string {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return "";
  const how = { hour: "2-digit", minute: "2-digit" } as const;
  try {
    return moment.toLocaleTimeString(culture || undefined, how);
  } catch {
    return moment.toLocaleTimeString(undefined, how); // a language that no browser knows
  }
}
