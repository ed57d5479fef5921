/** What can go wrong for a program, one class for each thing that it can do about it. */

/** The broker refused a frame; its state is as if the frame had not been sent (W-27). */
export class Refused extends Error {
  override name = "Refused";
  readonly code: string;
  readonly text: string;

  constructor(code: string, text = "") {
    super(text ? `${code}: ${text}` : code);
    this.code = code;
    this.text = text;
  }
}

/** There is no session just now, and this call must not be done later unasked. */
export class NotConnected extends Error {
  override name = "NotConnected";
}

/** The connection went away before the answer came: whether it was done, the next resync shows. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

/** No answer came in time, on a connection that lives. */
export class TimedOut extends Error {
  override name = "TimedOut";
}

/** The offer of the chat ended before it was answered (B-25). */
export class AlertGone extends Error {
  override name = "AlertGone";
}

/** A queue of this program reached its bound; nothing was put into it. */
export class QueueFull extends Error {
  override name = "QueueFull";
}

export type EndReason = "Closed" | "Replaced" | "LoggedOff" | "Rejected";

/** The session is over for good. */
export class Ended extends Error {
  override name = "Ended";
  readonly reason: EndReason;
  readonly code: string;
  readonly text: string;

  constructor(reason: EndReason, code = "", text = "") {
    super([reason, code, text].filter((part) => part !== "").join(": "));
    this.reason = reason;
    this.code = code;
    this.text = text;
  }
}

/** Whatever a request or a sentence may end with. */
export type Failure = Refused | NotConnected | ConnectionLost | TimedOut | AlertGone | Ended;
