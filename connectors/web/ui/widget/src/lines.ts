/** What a conversation consists of, as it is shown. */

import type { AttachmentInfo, ChatSentenceInfo } from "../../client/src/protocol.ts";

export type LineState = "sending" | "stored" | "delivered" | "failed";

/** One line as it is shown. */
export interface Line {
  /** The same as long as the line is shown. */
  readonly key: string;
  readonly id: string;
  readonly text: string;
  readonly name: string;
  readonly mine: boolean;
  /** A note of the system: of nobody. */
  readonly isNote: boolean;
  readonly time: string | null;
  readonly attachments: readonly AttachmentInfo[];
  readonly state: LineState;
  /** Why it failed. */
  readonly why: string;
}

/** What is shown of the connection: all is well, it is looked for, or the other end of it is away. */
export type Reach = "connecting" | "ready" | "offline" | "away";

/** What the page knows of its visitor when a chat begins. */
export interface About {
  readonly name?: string;
  readonly culture?: string;
  readonly userToken?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A line of the transcript. */
export function lineOf(sentence: ChatSentenceInfo, mine: boolean, key: string): Line {
  const isConfirmed = (sentence.ConfirmedTime ?? null) !== null;
  return {
    key,
    id: sentence.ID ?? "",
    text: sentence.Text ?? "",
    name: sentence.PartyName ?? "",
    mine,
    isNote: sentence.Model === 2,
    time: sentence.TimeSent ?? null,
    attachments: sentence.Attachments ?? [],
    state: isConfirmed ? "delivered" : "stored",
    why: "",
  };
}
