/** What a page asks the desk by HTTP. */

/** Nobody is logged in: what the login page needs to know. */
export interface Nobody {
  readonly LoggedIn: false;
  /** What the button of the identity provider says, if there is one. */
  readonly Oidc: string | null;
}

/** Who is logged in. */
export interface Somebody {
  readonly LoggedIn: true;
  readonly AgentId: string;
  readonly AgentName: string;
  readonly Login: string;
  readonly AgentRole: string;
  readonly Workplaces: readonly string[];
  readonly Workplace: string | null;
  readonly PauseReasons: readonly string[];
}

export type Who = Nobody | Somebody;

/** What came of a login. */
export type Outcome =
  | { readonly kind: "good"; readonly who: Somebody }
  | { readonly kind: "code" }
  | { readonly kind: "refused"; readonly text: string };

const JSON_BODY = { "Content-Type": "application/json" };

/** Ask who is logged in. */
export async function session(): Promise<Who> {
  const answer = await fetch("api/session");
  if (!answer.ok) throw new Error(`the desk answers with ${answer.status}`);
  return (await answer.json()) as Who;
}

/** Log in. */
export async function login(name: string, password: string, code: string): Promise<Outcome> {
  const body = JSON.stringify({ Login: name, Password: password, Code: code || null });
  const answer = await fetch("api/login", { method: "POST", headers: JSON_BODY, body });
  const said = await answer.json();
  if (answer.ok) return { kind: "good", who: said as Somebody };
  if (answer.status === 401 && said.member === "Code") return { kind: "code" };
  return { kind: "refused", text: refusal(answer.status, answer.headers.get("Retry-After")) };
}

/** Tell that somebody is there. */
export async function alive(): Promise<void> {
  await fetch("api/alive", { method: "POST" });
}

/** Log out at once. */
export async function logout(): Promise<void> {
  await fetch("api/logout", { method: "POST" });
}

/** What a refusal is to a person. */
export function refusal(status: number, retryAfter: string | null): string {
  if (status === 429) return `Too many tries. Try again in ${retryAfter ?? "some"} seconds.`;
  if (status === 503) return "The broker is away. Try again in a moment.";
  if (status === 401) return "Login, password or code are not right.";
  return `That failed (${status}).`;
}
