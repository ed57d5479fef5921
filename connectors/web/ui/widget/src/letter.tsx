/** A message that is left while nobody is there (WebMsg), where the site takes any. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Refusal, route, type Site } from "./api.ts";
import { filled, type Texts } from "./texts.ts";

interface LetterProps {
  readonly site: Site;
  readonly url: string;
  readonly texts: Texts;
  readonly name: string;
  readonly newId: () => string;
  readonly left: () => void;
}

export function Letter({ site, url, texts, name, newId, left }: LetterProps) {
  const [isTaken, setIsTaken] = useState(false);
  const [isSending, setIsSending] = useState(false);
  const [said, setSaid] = useState("");
  const [thanks, setThanks] = useState("");
  // One key for all tries: what is sent twice arrives once.
  const [Id] = useState(newId);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    const page = { url, culture: texts.language, userToken: "" };
    route({ ...site, app: "WebMsg" }, page).then(
      (found) => setIsTaken(found !== null),
      () => {},
    );
  }, []);

  const send = async () => {
    const it = form.current;
    if (it === null || !it.reportValidity()) return;
    const told = Object.fromEntries(new FormData(it));
    setIsSending(true);
    setSaid("");
    try {
      const body = { ...told, Id, Culture: texts.language, Location: url };
      const done = (await ask(site, "Message/WebMsg", body)) as { Text?: string | null };
      setThanks(done.Text || texts.letter_sent);
      left();
    } catch (error) {
      const why = error instanceof Refusal ? error.why : texts.letter_later;
      setSaid(filled(texts.form_refused, { why }));
    }
    setIsSending(false);
  };

  if (thanks !== "") {
    return (
      <div class="fill">
        <p role="status">{thanks}</p>
      </div>
    );
  }
  if (!isTaken) return <div class="fill" />;
  return (
    <form
      class="fill"
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h3>{texts.letter_title}</h3>
      <label class="field">
        <span>{texts.letter_name}</span>
        <input name="PartyName" autocomplete="name" maxLength={100} defaultValue={name} />
      </label>
      <label class="field">
        <span>{texts.letter_address}</span>
        <input name="Address" type="email" autocomplete="email" required maxLength={200} />
      </label>
      <label class="field">
        <span>{texts.letter_text}</span>
        <textarea name="Text" rows={5} required />
      </label>
      <p class="bad" role="alert">
        {said}
      </p>
      <div class="buttons">
        <button type="submit" class="main" disabled={isSending}>
          {texts.form_save}
        </button>
      </div>
    </form>
  );
}
