/** What a session is told at its start: who it is, and the times and bounds that it keeps. */

/** A source of randomness: each call gives a number in [0, 1). */
export type Random = () => number;

/** The rule for the delays between tries, in seconds. */
export interface Backoff {
  /** The delay after the first failure, before jitter. */
  readonly first: number;
  /** What each further failure multiplies it by. */
  readonly factor: number;
  /** No delay is longer than this. */
  readonly longest: number;
  /** The share of the delay that is random: 0.5 spreads 4 s evenly over 2 s to 4 s. */
  readonly jitter: number;
}

/** Say how many seconds to wait after so many failures in a row (1 is the first). */
export function delayAfter(rule: Backoff, failures: number, random: Random): number {
  const power = rule.factor ** Math.min(Math.max(failures - 1, 0), 64);
  return Math.min(rule.longest, rule.first * power) * (1 - rule.jitter * random());
}

/** Spread a delay that the broker asked for: never sooner, and later by up to `jitter` of it. */
export function atLeast(rule: Backoff, seconds: number, random: Random): number {
  return seconds + rule.jitter * Math.max(rule.first, seconds) * random();
}

/** Times in seconds, and the bound of each queue. */
export interface Tuning {
  /** Received sentences are confirmed as soon as they are given out; false: the program calls `confirm`. */
  readonly confirm: boolean;
  /** Chats that this session did not start are followed too. A workplace always does that. */
  readonly follow: boolean;
  /** How long a sentence waits for its echo until it is sent again (W-26). */
  readonly echoWait: number;
  /** How long any other request waits for its answer. */
  readonly answerWait: number;
  /** How often a request that is safe to repeat is sent on living connections. A sentence has no bound. */
  readonly tries: number;
  /** How long after `RateLimited` or `Overloaded` the refused frame is sent again; longer each time. */
  readonly pause: number;
  /** After so many `Overloaded` in a row a frame is refused for good. */
  readonly rests: number;
  /** A sentence that finds the transcript full starts the chat anew and is said there (`ChatRenewed`). */
  readonly renew: boolean;
  /** Sentences of one chat that may wait for their echoes at once; 1 keeps their order whatever is refused. */
  readonly window: number;
  /** Own typing is told again at most this often, and taken back when not renewed for two of these. */
  readonly typingRenews: number;
  /** A session that was ready for so long starts its back-off from the beginning when it is lost. */
  readonly stable: number;
  /** Questions of a resync that are under way at once (W-25). */
  readonly resyncWindow: number;
  /** Sentences that may wait in one chat. */
  readonly outbox: number;
  /** Requests that may wait in the whole session. */
  readonly requests: number;
  /** Closed chats that are remembered, the oldest go first. */
  readonly closedChats: number;
  /** The rule for the time between two connections. */
  readonly backoff: Backoff;
}

export const TUNING: Tuning = {
  confirm: true,
  follow: true,
  echoWait: 20,
  answerWait: 20,
  tries: 3,
  pause: 1,
  rests: 6,
  renew: true,
  window: 1,
  typingRenews: 3,
  stable: 10,
  resyncWindow: 4,
  outbox: 1_000,
  requests: 10_000,
  closedChats: 1_000,
  backoff: { first: 0.5, factor: 2, longest: 30, jitter: 0.5 },
};

/** The address of a chat gateway: `peer`, and `port` where several are served under one peer. */
export interface Gateway {
  readonly peer: string;
  readonly port?: string;
}

interface Common {
  /** The secret; where a host gets one for each connection, what it said last. */
  readonly token: string;
  readonly software?: string;
  readonly tuning?: Partial<Tuning>;
  /**
   * A hello that is refused with `AuthFailed` does not end the session: the host is to bring
   * another token (`Session.token`) before it dials again.
   */
  readonly renewableToken?: boolean;
}

/** A connector that serves one gateway or several, or a browser that is one visitor. */
export interface ConnectorSettings extends Common {
  readonly role: "connector";
  readonly gateways: readonly Gateway[];
}

/** The workplace of an agent. */
export interface WorkplaceSettings extends Common {
  readonly role: "workplace";
  readonly number: string;
  readonly login: string;
}

export type Settings = ConnectorSettings | WorkplaceSettings;
export type Role = Settings["role"];
