/** The look of the launcher and what all parts share. */
export const LAUNCHER_CSS = `
:host { all: initial; --accent: #0b5c8a; --on-accent: #fff; --bg: light-dark(#fff, #1b1f23); --fg: light-dark(#1b1f23, #e8ecef);
  --soft: light-dark(#f1f4f6, #2b3137); --line: light-dark(#8b959e, #7d8791); --edge: light-dark(#dde2e6, #3a4148);
  --muted: light-dark(#57606a, #a9b3bc); --bad: light-dark(#b3261e, #ff8a80); color-scheme: light dark;
  font: 15px/1.45 system-ui, sans-serif; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; text-align: right; }
:host([data-theme="light"]) { color-scheme: light; }
:host([data-theme="dark"]) { color-scheme: dark; }
:host([data-position="left"]) { inset: auto auto 1rem 1rem; text-align: left; }
:host([hidden]) { display: none; }
:host([data-inline]) { position: static; display: block; z-index: auto; height: 100%; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; cursor: pointer; }
:focus-visible { outline: 3px solid var(--fg); outline-offset: 2px; box-shadow: 0 0 0 2px var(--bg); }
.far { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
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
