/** What a conversation consists of, as it is shown. */

import type { AttachmentInfo } from "../../client/src/protocol.ts";

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
