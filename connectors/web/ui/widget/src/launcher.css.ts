/** The look of the launcher and what all parts share. */
export const LAUNCHER_CSS = `
:host { all: initial; --accent: #0b5c8a; --on-accent: #fff; --bg: #fff; --fg: #1b1f23; --soft: #f1f4f6;
  --line: #8b959e; --edge: #dde2e6; --muted: #57606a; --bad: #b3261e; color-scheme: light;
  font: 15px/1.45 system-ui, sans-serif; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; }
:host([data-position="left"]) { inset: auto auto 1rem 1rem; }
:host([hidden]) { display: none; }
:host([data-inline]) { position: static; display: block; z-index: auto; height: 100%; }
@media (prefers-color-scheme: dark) { :host(:not([data-theme="light"])) { --bg: #1b1f23; --fg: #e8ecef;
  --soft: #2b3137; --line: #7d8791; --edge: #3a4148; --muted: #a9b3bc; --bad: #ff8a80; color-scheme: dark; } }
:host([data-theme="dark"]) { --bg: #1b1f23; --fg: #e8ecef; --soft: #2b3137; --line: #7d8791; --edge: #3a4148; --muted: #a9b3bc;
  --bad: #ff8a80; color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--fg); outline-offset: 2px; box-shadow: 0 0 0 2px var(--bg); }
.launch { display: inline-flex; align-items: center; gap: .5rem; min-height: 48px; padding: .5rem 1.1rem;
  border: 1px solid transparent; border-radius: 24px; background: var(--accent); color: var(--on-accent);
  box-shadow: 0 2px 10px #0005; }
.launch::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: #6ee787;
  border: 2px solid var(--on-accent); }
.launch[data-signal="Busy"]::before { background: #ffd866; border-radius: 2px; }
.launch[data-signal="Closed"]::before { background: transparent; }
.launch[data-signal="None"]::before { display: none; }
.count { min-width: 1.5rem; padding: 0 .4rem; border-radius: .75rem; background: var(--on-accent); color: var(--accent);
  font-weight: 600; text-align: center; }
.count:empty { display: none; }
`;
