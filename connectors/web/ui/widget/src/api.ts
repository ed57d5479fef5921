/** The web process by HTTP: who the visitor is, and whether there is a chat for this page. */

import type { Keep } from "./keep.ts";
import type { ScenarioModel } from "./models.ts";

/** What a page is to show; the members that are used here. */
export interface Routing {
  readonly Signal?: string | null;
  readonly ChatRunning?: {
    readonly Sentences?: readonly { IsOutbound?: boolean; IsConfirmed?: boolean }[];
  } | null;
  readonly Settings?: Readonly<Record<string, string>> | null;
  readonly Literals?: Readonly<Record<string, string>> | null;
  readonly PartyName?: string | null;
  readonly SolicitationTimeOut?: number | null;
  readonly SolicitationDuration?: number | null;
  readonly HonorRejectPeriod?: number | null;
  readonly TargetElementID?: string | null;
  readonly HtmlTemplate?: string | null;
  readonly Scenario?: ScenarioModel | null;
  readonly WebSiteRoutingId?: string | null;
}

export interface Site {
  /** The address of the web process, with a slash at its end. */
  readonly base: string;
  /** The site's name there. */
  readonly site: string;
  readonly app: string;
  readonly keep: Keep;
}

/** It cannot be told now; again after so many seconds. */
export class TryAgain extends Error {
  readonly after: number;
  constructor(after: number) {
    super("not now");
    this.after = after;
  }
}

/** It is refused, and will be. */
export class Refusal extends Error {
  /** What a person may be told. */
  readonly why: string;
  constructor(status: number, detail: string, code: string) {
    super(`${status}: ${code} ${detail}`);
    this.why = detail || code;
  }
}

const TOKEN = "Parley-Visitor";
/** Milliseconds that an answer may take, and a script: a network that is gone tells nobody that it is. */
export const PATIENCE = 15_000;

/** Whether page and web process have one origin: then a cookie says who the visitor is. */
export const isOwn = (site: Site): boolean => new URL(site.base).origin === location.origin;

/** Ask for something as this visitor. */
export function fetchAs(site: Site, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  // Without a header of ours a foreign page asks without asking for leave first (CORS).
  if (!path.includes("site=")) headers["Parley-Site"] = site.site;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const own = isOwn(site);
  if (!own && site.keep.token) headers[TOKEN] = site.keep.token;
  return fetch(`${site.base}api/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers,
    credentials: own ? "same-origin" : "omit",
    signal: AbortSignal.timeout(PATIENCE),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Ask something, and keep the token that comes with the answer. */
export async function ask(site: Site, path: string, body?: unknown): Promise<unknown> {
  const own = isOwn(site);
  const sent = own ? "" : site.keep.token;
  const answer = await fetchAs(site, path, body);
  const token = answer.headers.get(TOKEN);
  if (token && !own) site.keep.token = token;
  if (answer.status === 401 && body === undefined && sent) {
    site.keep.token = ""; // it is too old: whoever comes without gets a new one
    return ask(site, path);
  }
  if (answer.status === 429 || answer.status >= 500) {
    throw new TryAgain(Number(answer.headers.get("Retry-After")) || 10);
  }
  if (!answer.ok) {
    const { detail = "", code = "" } = await answer.json().catch(() => ({}));
    throw new Refusal(answer.status, detail, code);
  }
  return answer.json();
}

/** Ask whether this page has a chat; null: it has none. */
export async function route(
  site: Site,
  page: { url: string; culture: string; userToken: string },
): Promise<Routing | null> {
  const query = new URLSearchParams({
    site: site.site,
    IncludeSettings: "true",
    HtmlEncode: "false",
    RegionalTime: String(Date.now()),
    PageUrl: page.url,
  });
  if (page.culture) query.set("Culture", page.culture);
  if (page.userToken) query.set("UserToken", page.userToken);
  return (await ask(site, `Routing/${encodeURIComponent(site.app)}?${query}`)) as Routing | null;
}

/** A small picture of the agent whom the visitor talks with. */
export async function portrait(site: Site, agentId: string): Promise<Blob> {
  const path = `AgentImage/${encodeURIComponent(agentId)}?width=64&height=64`;
  return (await fetchAs(site, path)).blob();
}
