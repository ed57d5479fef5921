/** The login page: who, a code where one is needed, and the workplace. */

import { useState } from "preact/hooks";
import { login, type Nobody, type Outcome, type Somebody } from "./api.ts";

interface LoginProps {
  readonly nobody: Nobody;
  readonly said: string;
  readonly good: (who: Somebody) => void;
}

/** Ask for login and password, and then for the code. */
export function Login({ nobody, said, good }: LoginProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [fault, setFault] = useState(said);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    let outcome: Outcome;
    try {
      outcome = await login(name, password, code.trim());
    } catch {
      outcome = { kind: "refused", text: "The desk cannot be reached." };
    }
    setBusy(false);
    setCode("");
    if (outcome.kind === "good") good(outcome.who);
    else {
      setNeedsCode(outcome.kind === "code" || needsCode);
      setFault(outcome.kind === "code" ? "" : outcome.text);
    }
  };
  const typed = (set: (text: string) => void) => (event: Event) =>
    set((event.currentTarget as HTMLInputElement).value);
  return (
    <main class="login">
      <h1>Desk</h1>
      <form onSubmit={submit}>
        <label>
          Login
          <input autocomplete="username" required value={name} onInput={typed(setName)} />
        </label>
        <label>
          Password
          <input
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={typed(setPassword)}
          />
        </label>
        {needsCode && (
          <label>
            Code of your second factor
            <input
              inputMode="numeric"
              autocomplete="one-time-code"
              required
              value={code}
              onInput={typed(setCode)}
            />
          </label>
        )}
        <p role="alert">{fault}</p>
        <button type="submit" disabled={isBusy}>
          Log in
        </button>
      </form>
      {nobody.Oidc !== null && (
        <a class="button" href="api/oidc/start">
          {nobody.Oidc}
        </a>
      )}
    </main>
  );
}

interface PlacesProps {
  readonly who: Somebody;
  readonly chosen: (number: string) => void;
  readonly leave: () => void;
}

/** Ask for the workplace. */
export function Places({ who, chosen, leave }: PlacesProps) {
  const [number, setNumber] = useState(who.Workplace ?? who.Workplaces[0] ?? "");
  const submit = (event: Event) => {
    event.preventDefault();
    if (number !== "") chosen(number);
  };
  return (
    <main class="login">
      <h1>{who.AgentName}</h1>
      <form onSubmit={submit}>
        <label>
          Workplace
          <select
            value={number}
            onChange={(event) => setNumber((event.currentTarget as HTMLSelectElement).value)}
          >
            {who.Workplaces.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Sit down</button>
        <button type="button" onClick={leave}>
          Log out
        </button>
      </form>
    </main>
  );
}
