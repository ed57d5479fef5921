/** The desk: state, alerts, own chats, and the conversation that is open. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../../client/src/chats.ts";
import type { ChatRef } from "../../client/src/events.ts";
import type { Alert, Desk } from "./model.ts";

/** A clock that ticks each second. */
function useSeconds(): number {
  const [now, setNow] = useState(performance.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const clock = (seconds: number): string => {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

const nameOf = (info: { RemotePartyName?: string | null; RemoteAddress?: string | null } = {}) =>
  info.RemotePartyName || info.RemoteAddress || "Visitor";

interface DeskProps {
  readonly desk: Desk;
  readonly leave: () => void;
  readonly stay: () => void;
}

/** All of it. */
export function DeskView({ desk, leave, stay }: DeskProps) {
  const now = useSeconds();
  const { open } = desk;
  return (
    <div class="desk">
      <header>
        <h1>{desk.who.AgentName}</h1>
        <span>Workplace {desk.number}</span>
        <States desk={desk} />
        <button type="button" onClick={() => desk.become("LogOff")}>
          Log off after the last chat
        </button>
        <button type="button" onClick={leave}>
          Log out now
        </button>
      </header>
      <p role="status" class="away">
        {desk.away}
      </p>
      <p role="alert">{desk.fault}</p>
      {desk.ending && (
        <p role="alert" class="ending">
          You will be logged out in {clock(desk.ending.at + desk.ending.seconds - now)}.{" "}
          <button type="button" onClick={stay}>
            Stay
          </button>
        </p>
      )}
      <section aria-label="Alerts">
        {[...desk.alerts.values()].map((alert) => (
          <AlertView key={alert.ref.key} desk={desk} alert={alert} now={now} />
        ))}
      </section>
      <nav aria-label="My chats">
        <ul>
          {desk.mine.map((chat) => (
            <li key={chat.ref.key}>
              <button
                type="button"
                aria-current={chat.ref.key === desk.chosen?.key}
                onClick={() => desk.choose(chat.ref)}
              >
                {nameOf(chat.view.latest.Info ?? {})}
                {chat.isTyping && " …"}
              </button>
            </li>
          ))}
        </ul>
        {desk.mine.length === 0 && <p>No chats.</p>}
      </nav>
      {open && <Conversation key={open.ref.key} desk={desk} chat={open} />}
    </div>
  );
}

/** The agent's state, with its reason and for how long. */
function States({ desk }: { readonly desk: Desk }) {
  useSeconds();
  const { state } = desk;
  const since = state.SinceUtc ? (Date.now() - Date.parse(state.SinceUtc)) / 1000 : 0;
  const said = state.State === "Pause" && state.Reason ? `Pause: ${state.Reason}` : state.State;
  const change = (event: Event) => {
    const { value } = event.currentTarget as HTMLSelectElement;
    if (value === "Ready") void desk.become("Ready");
    else void desk.become("Pause", value.slice("Pause:".length) || null);
  };
  return (
    <>
      <label>
        State
        <select
          value={state.State === "Ready" ? "Ready" : `Pause:${state.Reason ?? ""}`}
          onChange={change}
        >
          <option value="Ready">Ready</option>
          <option value="Pause:">Pause</option>
          {desk.who.PauseReasons.map((reason) => (
            <option key={reason} value={`Pause:${reason}`}>
              {reason}
            </option>
          ))}
        </select>
      </label>
      <span>
        {said} {clock(since)}
        {state.NextState ? `, then ${state.NextState}` : ""}
      </span>
    </>
  );
}

interface AlertProps {
  readonly desk: Desk;
  readonly alert: Alert;
  readonly now: number;
}

/** A chat that is offered. */
function AlertView({ desk, alert, now }: AlertProps) {
  return (
    <div class="alert" role="alertdialog" aria-label={`Chat with ${nameOf(alert.info)}`}>
      <strong>{nameOf(alert.info)}</strong> {alert.info.ProjectName}
      <span>{clock(alert.expiresAt - now)}</span>
      <button type="button" onClick={() => desk.answer(alert.ref)}>
        Accept
      </button>
      <button type="button" onClick={() => desk.hangUp(alert.ref)}>
        Reject
      </button>
    </div>
  );
}

/** The lines of a chat, and where the next one is written. */
function Conversation({ desk, chat }: { readonly desk: Desk; readonly chat: Chat }) {
  const log = useRef<HTMLDivElement>(null);
  const lines = [...chat.view.sentences.values()];
  const unsent = desk.client.session.unsent(chat.ref);
  const isOpen = chat.view.status === "Answered";
  useEffect(() => {
    log.current?.scrollTo(0, log.current.scrollHeight);
  }, [lines.length + unsent.length]);
  return (
    <main aria-label={`Conversation with ${nameOf(chat.view.latest.Info ?? {})}`}>
      <div role="log" ref={log}>
        {lines.map((line) => (
          <p key={line.Counter} class={line.IsOutbound ? "ours" : "theirs"}>
            <span class="text">{line.Text}</span>{" "}
            {line.IsOutbound && <small>{line.ConfirmedTime ? "delivered" : "stored"}</small>}
          </p>
        ))}
        {unsent.map((line) => (
          <p key={line.ID} class="ours">
            <span class="text">{line.Text}</span> <small>sending</small>
          </p>
        ))}
      </div>
      <p role="status">{chat.isTyping ? "The visitor is typing." : ""}</p>
      {isOpen ? <Composer desk={desk} chat={chat.ref} /> : <p>The chat is over.</p>}
      {isOpen && (
        <button type="button" onClick={() => desk.hangUp(chat.ref)}>
          End the chat
        </button>
      )}
    </main>
  );
}

/** Where a line is written: Enter sends it. */
function Composer({ desk, chat }: { readonly desk: Desk; readonly chat: ChatRef }) {
  const [text, setText] = useState("");
  const send = (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    desk.say(chat, text);
    setText("");
  };
  return (
    <form onSubmit={send}>
      <label>
        Write a line
        <textarea
          rows={2}
          value={text}
          onInput={(event) => {
            setText((event.currentTarget as HTMLTextAreaElement).value);
            desk.client.typing(chat, true);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
          }}
        />
      </label>
      <button type="submit">Send</button>
    </form>
  );
}
