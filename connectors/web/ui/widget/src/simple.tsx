/** Forms of a few fields: a message that is left (WebMsg), the wish to be called (WebCBack). */

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Refusal, route, type Site } from "./api.ts";
import { filled, type TextName, type Texts } from "./texts.ts";

interface Field {
  readonly name: string;
  readonly label: TextName;
  readonly type: "text" | "email" | "tel" | "datetime-local" | "area";
  readonly autocomplete?: "name" | "email" | "tel";
  readonly isNeeded?: boolean;
  /** What is said when the other side does not take it. */
  readonly bad?: TextName;
}

interface Kind {
  readonly path: string;
  readonly title: TextName;
  readonly fields: readonly Field[];
  readonly finish: TextName;
  readonly thanks: TextName;
}

const NAME: Field = {
  name: "PartyName",
  label: "letter_name",
  type: "text",
  autocomplete: "name",
};

/** What each application asks. */
export const KINDS: Readonly<Record<string, Kind>> = {
  WebMsg: {
    path: "Message/WebMsg",
    title: "letter_title",
    fields: [
      NAME,
      {
        name: "Address",
        label: "letter_address",
        type: "email",
        autocomplete: "email",
        isNeeded: true,
        bad: "letter_address_bad",
      },
      { name: "Text", label: "letter_text", type: "area", isNeeded: true },
    ],
    finish: "form_save",
    thanks: "letter_sent",
  },
  WebCBack: {
    path: "CallBack/WebCBack",
    title: "call_title",
    fields: [
      NAME,
      {
        name: "Number",
        label: "call_number",
        type: "tel",
        autocomplete: "tel",
        isNeeded: true,
        bad: "call_number_bad",
      },
      { name: "Time", label: "call_time", type: "datetime-local", bad: "call_time_bad" },
      { name: "Text", label: "call_about", type: "area" },
    ],
    finish: "call_send",
    thanks: "call_sent",
  },
};

/** What was done, to be told. */
export interface Done {
  readonly response: string;
  readonly reference: string;
}

interface SimpleProps {
  readonly kind: Kind;
  readonly site: Site;
  readonly url: string;
  readonly texts: Texts;
  readonly name: string;
  readonly newId: () => string;
  readonly hasTitle: boolean;
  readonly done: (done: Done) => void;
}

export function Simple({ kind, site, url, texts, name, newId, hasTitle, done }: SimpleProps) {
  const [isSending, setIsSending] = useState(false);
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState("");
  // One key for all tries: what is sent twice arrives once.
  const [Id] = useState(newId);
  const form = useRef<HTMLFormElement>(null);

  const send = async () => {
    const it = form.current;
    if (it === null || !it.reportValidity()) return;
    const told: Record<string, unknown> = {};
    for (const [field, value] of new FormData(it)) {
      const text = String(value).trim();
      if (text) told[field] = field === "Time" ? new Date(text).toISOString() : text;
    }
    setIsSending(true);
    setSaid("");
    setWrong("");
    try {
      const body = { ...told, Id, Culture: texts.language, Location: url };
      const { Text, Id: reference } = (await ask(site, kind.path, body)) as {
        Text?: string | null;
        Id?: string | null;
      };
      done({ response: Text || texts[kind.thanks], reference: reference ?? "" });
      return;
    } catch (error) {
      const why = error instanceof Refusal ? error.why : texts.letter_later;
      const field = kind.fields.find((one) => why.startsWith(`${one.name}:`));
      setSaid(field?.bad ? texts[field.bad] : filled(texts.form_refused, { why }));
      setWrong(field?.name ?? "");
      if (field) it.querySelector<HTMLElement>(`[name="${field.name}"]`)?.focus();
    }
    setIsSending(false);
  };

  return (
    <form
      class="fill"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {hasTitle && <h3>{texts[kind.title]}</h3>}
      {kind.fields.map((field) => (
        <div class="field" key={field.name}>
          <label for={`${Id}${field.name}`}>
            {texts[field.label]}
            {field.isNeeded && <span class="needed"> ({texts.form_mandatory})</span>}
          </label>
          {field.type === "area" ? (
            <textarea
              id={`${Id}${field.name}`}
              name={field.name}
              rows={4}
              required={field.isNeeded ?? false}
            />
          ) : (
            <input
              id={`${Id}${field.name}`}
              name={field.name}
              type={field.type as "text"}
              autocomplete={field.autocomplete}
              required={field.isNeeded ?? false}
              maxLength={field.type === "datetime-local" ? undefined : 100}
              aria-invalid={field.name === wrong}
              defaultValue={field.name === NAME.name ? name : ""}
            />
          )}
        </div>
      ))}
      <p class="bad" role="alert">
        {said}
      </p>
      <div class="buttons">
        <button type="submit" class="main" disabled={isSending}>
          {texts[kind.finish]}
        </button>
      </div>
    </form>
  );
}

export type LetterProps = Omit<SimpleProps, "kind" | "hasTitle" | "done"> & {
  readonly left: () => void;
};

/** A message that is left while nobody is there, where the site takes any. */
export function Letter({ left, ...props }: LetterProps) {
  const { site, url, texts } = props;
  const [isTaken, setIsTaken] = useState(false);
  const [thanks, setThanks] = useState("");

  useEffect(() => {
    const page = { url, culture: texts.language, userToken: "" };
    route({ ...site, app: "WebMsg" }, page).then(
      (found) => setIsTaken(found !== null),
      () => {},
    );
  }, []);

  if (thanks !== "") return <p role="status">{thanks}</p>;
  if (!isTaken || KINDS.WebMsg === undefined) return null;
  return (
    <Simple
      {...props}
      kind={KINDS.WebMsg}
      hasTitle={true}
      done={({ response }) => {
        setThanks(response);
        left();
      }}
    />
  );
}
