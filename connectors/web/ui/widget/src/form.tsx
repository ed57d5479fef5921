/** A form, screen by screen. */

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type {
  ScenarioInfo,
  ScenarioResultInfo,
  ScreenControlInfo,
} from "../../client/src/protocol.ts";
import {
  askedOf,
  choicesOf,
  complaints,
  type Entries,
  type Entry,
  idOf,
  initial,
  type Known,
  resultOf,
  shownScreens,
} from "./form.ts";
import { filled, type Texts } from "./texts.ts";

export interface FormProps {
  readonly form: ScenarioInfo;
  readonly texts: Texts;
  /** What the last button says. */
  readonly finish: string;
  readonly refusal: string;
  readonly newId: () => string;
  /** What the page told: it is not asked again. */
  readonly known: Known;
  readonly done: (result: ScenarioResultInfo) => void;
}

/** One form, until it is done. */
export function Form({ form, texts, finish, refusal, newId, known, done }: FormProps) {
  const [entries, setEntries] = useState<Entries>(() => initial(form, known));
  const [at, setAt] = useState(0);
  const [said, setSaid] = useState("");
  // One key for all tries: what is sent twice is saved once.
  const [resultId] = useState(newId);
  const body = useRef<HTMLFormElement>(null);
  const screens = shownScreens(form, entries);
  const asked = screens.filter((one) => askedOf(one, known).length > 0);
  const screen = asked[at];
  const isLast = at >= asked.length - 1;
  const isTold = screen === undefined;

  useEffect(() => {
    if (isTold) done(resultOf(form, screens, entries, resultId));
  }, [isTold]);

  useLayoutEffect(() => {
    if (at > 0)
      body.current?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
  }, [at]);

  const enter = (control: ScreenControlInfo, entry: Entry) => {
    setEntries(new Map(entries).set(idOf(control), entry));
  };
  const go = (isFinish: boolean) => {
    const [wrong] = screen === undefined ? [] : complaints(screen, entries);
    if (wrong !== undefined) {
      const most = wrong.control.ControlNumber ?? 0;
      setSaid(filled(texts[wrong.kind], { name: wrong.control.DisplayName ?? "", most }));
      body.current?.querySelector<HTMLElement>(`[name="${idOf(wrong.control)}"]`)?.focus();
      return;
    }
    setSaid("");
    if (!isFinish) setAt(at + 1);
    else {
      const end = isLast || screen === undefined ? screens.length : screens.indexOf(screen) + 1;
      done(resultOf(form, screens.slice(0, end), entries, resultId));
    }
  };
  const complaint = said || (refusal && filled(texts.form_refused, { why: refusal }));

  return (
    <form
      class="fill"
      ref={body}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go(isLast);
      }}
    >
      <h3>{screen?.DisplayName || form.DisplayName}</h3>
      {screen &&
        askedOf(screen, known).map((control) => (
          <Control
            key={idOf(control)}
            control={control}
            entry={entries.get(idOf(control))}
            texts={texts}
            enter={(entry) => enter(control, entry)}
          />
        ))}
      <p class="bad" role="alert">
        {complaint}
      </p>
      <div class="buttons">
        {at > 0 && (
          <button type="button" class="other" onClick={() => setAt(at - 1)}>
            {texts.form_back}
          </button>
        )}
        {screen?.FinishButton && !isLast && (
          <button type="button" class="other" onClick={() => go(true)}>
            {finish}
          </button>
        )}
        <button type="submit" class="main">
          {isLast ? finish : texts.form_next}
        </button>
      </div>
    </form>
  );
}

interface ControlProps {
  readonly control: ScreenControlInfo;
  readonly entry: Entry | undefined;
  readonly texts: Texts;
  readonly enter: (entry: Entry) => void;
}

const INPUTS: Readonly<Record<string, "date" | "time" | "datetime-local">> = {
  Date: "date",
  Time: "time",
  DateTime: "datetime-local",
};

function Control(props: ControlProps) {
  const { control, texts } = props;
  const id = useId();
  const kind = control.ControlType ?? "";
  const needed = control.MandatoryField && <span class="needed"> ({texts.form_mandatory})</span>;
  const about = control.Description && (
    <p class="about" id={`${id}-about`}>
      {control.Description}
    </p>
  );
  if (kind === "LabelOnly") {
    return (
      <div class="field">
        <p>{control.DisplayName}</p>
        {about}
      </div>
    );
  }
  if (kind === "RadioButtons" || kind === "CheckBoxes") {
    return (
      <fieldset class="field" aria-describedby={about ? `${id}-about` : undefined}>
        <legend>
          {control.DisplayName}
          {needed}
        </legend>
        {about}
        <Choices {...props} isMany={kind === "CheckBoxes"} />
      </fieldset>
    );
  }
  return (
    <div class="field">
      <label for={id}>
        {control.DisplayName}
        {needed}
      </label>
      {about}
      <Entered {...props} id={id} describedBy={about ? `${id}-about` : undefined} />
    </div>
  );
}

function Choices({ control, entry, enter, isMany }: ControlProps & { isMany: boolean }) {
  const chosen = Array.isArray(entry) ? (entry as readonly number[]) : [];
  return (
    <>
      {choicesOf(control).map((choice, place) => (
        <label class="pick" key={choice.ScreenControlParameterId ?? place}>
          <input
            type={isMany ? "checkbox" : "radio"}
            name={idOf(control)}
            checked={chosen.includes(place)}
            onChange={(event) => {
              const rest = isMany ? chosen.filter((one) => one !== place) : [];
              const isOn = event.currentTarget.checked;
              enter(isOn ? [...rest, place].sort((a, b) => a - b) : rest);
            }}
          />
          {choice.DisplayName}
        </label>
      ))}
    </>
  );
}

function Entered(props: ControlProps & { id: string; describedBy: string | undefined }) {
  const { control, entry, enter, texts, id, describedBy } = props;
  const kind = control.ControlType ?? "";
  const common = {
    id,
    name: idOf(control),
    required: control.MandatoryField ?? false,
    "aria-describedby": describedBy,
  };
  if (kind === "DropDown") {
    const [place] = Array.isArray(entry) ? entry : [];
    return (
      <select
        {...common}
        value={place === undefined ? "" : String(place)}
        onChange={({ currentTarget: { value } }) => enter(value === "" ? [] : [Number(value)])}
      >
        <option value="">{texts.form_choose}</option>
        {choicesOf(control).map((choice, number) => (
          <option key={choice.ScreenControlParameterId ?? number} value={String(number)}>
            {choice.DisplayName}
          </option>
        ))}
      </select>
    );
  }
  const value = typeof entry === "string" ? entry : "";
  if (kind === "TextArea") {
    return (
      <textarea {...common} value={value} onInput={(event) => enter(event.currentTarget.value)} />
    );
  }
  return (
    <input
      {...common}
      type={(INPUTS[kind] ?? "text") as "text"}
      inputMode={kind === "Integer" ? "numeric" : undefined}
      value={value}
      onInput={(event) => enter(event.currentTarget.value)}
    />
  );
}
