/** What else may be done with a conversation: kept, printed, made silent, ended. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import type { Keep } from "./keep.ts";
import type { Conversation } from "./model.ts";
import type { Texts } from "./texts.ts";

/** What the visitor may do with the conversation besides. */
export interface Keeping {
  save(): void;
  print(): void;
  mute(isMuted: boolean): void;
  /** A message was left. */
  left(): void;
}

interface MenuProps {
  readonly talk: Conversation;
  readonly texts: Texts;
  readonly keep: Keep;
  readonly keeping: Keeping;
  readonly hasSound: boolean;
}

/** What else may be done with the conversation. */
export function Menu({ talk, texts, keep, keeping, hasSound }: MenuProps) {
  const [shown, setShown] = useState<"" | "menu" | "sure">("");
  const place = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (shown) place.current?.querySelector<HTMLElement>("fieldset button")?.focus();
  }, [shown]);
  const close = () => {
    setShown("");
    opener.current?.focus();
  };
  const item = (label: string, does: () => void) => (
    <button
      type="button"
      onClick={() => {
        close();
        does();
      }}
    >
      {label}
    </button>
  );
  const hasLines = talk.lines.length > 0;
  const { isMuted } = keep;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys reach it through its buttons
    <div
      class="menu"
      ref={place}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || shown === "") return;
        event.stopPropagation(); // it closes the menu alone
        close();
      }}
    >
      <button
        type="button"
        ref={opener}
        aria-label={texts.menu}
        aria-expanded={shown !== ""}
        onClick={() => setShown(shown === "" ? "menu" : "")}
      >
        <Icon d="M5 12h.01M12 12h.01M19 12h.01" />
      </button>
      {shown === "menu" && (
        <fieldset aria-label={texts.menu}>
          {hasSound &&
            item(isMuted ? texts.sound_on : texts.sound_off, () => keeping.mute(!isMuted))}
          {hasLines && item(texts.keep_save, () => keeping.save())}
          {hasLines && item(texts.keep_print, () => keeping.print())}
          {talk.isOpen && (
            <button type="button" onClick={() => setShown("sure")}>
              {texts.chat_end}
            </button>
          )}
        </fieldset>
      )}
      {shown === "sure" && (
        <fieldset aria-label={texts.end_sure}>
          <p>{texts.end_sure}</p>
          {item(texts.end_yes, () => void talk.end())}
          {item(texts.end_no, () => {})}
        </fieldset>
      )}
    </div>
  );
}
