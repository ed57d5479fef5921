/** What the widget shows beside the button to be noticed: an offer of help, what is new. */

import { Icon } from "./icon.tsx";
import type { Line } from "./lines.ts";
import type { Texts } from "./texts.ts";

interface InvitationProps {
  readonly texts: Texts;
  readonly accept: () => void;
  readonly decline: () => void;
}

/** An offer of help: it takes no focus, and a No is kept. */
export function Invitation({ texts, accept, decline }: InvitationProps) {
  return (
    <section class="invite" aria-label={texts.chat_title}>
      <p role="status">{texts.invite_ask}</p>
      <div class="buttons">
        <button type="button" class="other" onClick={decline}>
          {texts.invite_no}
        </button>
        <button type="button" class="main" onClick={accept}>
          {texts.invite_yes}
        </button>
      </div>
    </section>
  );
}

interface PeekProps {
  readonly texts: Texts;
  readonly line: Line | null;
  readonly open: () => void;
  readonly hide: () => void;
}

/** What was said last, beside the button: read out once, as it comes. */
export function Preview({ texts, line, open, hide }: PeekProps) {
  return (
    <div class={line ? "invite peek" : ""}>
      <div role="status">
        {line && (
          <button type="button" key={line.key} dir="auto" onClick={open}>
            <span>
              {!line.isNote && <b>{line.name || texts.chat_us}: </b>}
              {line.text}
            </span>
          </button>
        )}
      </div>
      {line && (
        <button type="button" aria-label={texts.preview_hide} onClick={hide}>
          <Icon d="M6 6l12 12M18 6 6 18" />
        </button>
      )}
    </div>
  );
}
