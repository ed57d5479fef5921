/** The look of the conversation. */
export const CHAT_CSS = `
.panel { position: relative; display: flex; flex-direction: column; width: min(23.75rem, calc(100vw - 2rem));
  height: min(38rem, calc(100vh - 2rem)); height: min(38rem, calc(100dvh - 2rem)); background: var(--bg); color: var(--fg);
  border: 1px solid var(--edge); border-radius: 18px; box-shadow: 0 12px 48px #0004; overflow: hidden; text-align: start; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .7rem .6rem .7rem 1rem; background: var(--accent);
  color: var(--on-accent); }
header h2 { flex: 1 0 auto; margin: 0; font-size: 1.05rem; }
header button { min-width: 36px; min-height: 36px; padding: 0; background: transparent; border: 0; border-radius: 18px; font-size: 1.1rem; }
header button:hover { background: #0002; }
header :focus-visible { outline-color: var(--on-accent); box-shadow: none; }
header canvas { margin: 0; width: 36px; height: 36px; border-radius: 50%; }
.menu { position: relative; }
.menu fieldset { position: absolute; z-index: 2; inset-block-start: calc(100% + 4px); inset-inline-end: 0; width: max-content;
  max-width: 16rem; margin: 0; padding: .4rem; background: var(--bg); color: var(--fg); border: 1px solid var(--edge);
  border-radius: 12px; box-shadow: 0 8px 30px #0004; }
.menu fieldset p { margin: .4rem .7rem; font-weight: 600; }
.menu fieldset button { display: block; width: 100%; padding: .4rem .7rem; border-radius: 8px; font-size: 1rem; text-align: start; }
.menu fieldset button:hover { background: var(--soft); }
.menu fieldset :focus-visible { outline-color: var(--fg); outline-offset: -2px; }
.invite { width: min(20rem, calc(100vw - 2rem)); margin-bottom: .75rem; padding: 1rem; background: var(--bg); color: var(--fg);
  border: 1px solid var(--edge); border-radius: 18px; box-shadow: 0 6px 30px #0004; text-align: start; }
.invite p { margin: 0 0 .75rem; }
.peek { display: flex; align-items: flex-start; padding: .4rem; }
.peek div { flex: 1; min-width: 0; }
.peek button { min-width: 28px; min-height: 28px; padding: .2rem; border: 0; border-radius: 10px; background: none; }
.peek div button { width: 100%; padding: .4rem .6rem; text-align: start; }
.peek span { display: -webkit-box; overflow: hidden; overflow-wrap: anywhere; -webkit-line-clamp: 3; -webkit-box-orient: vertical; }
.stay { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; justify-content: space-between; }
.menu svg { stroke-width: 3; }
.by svg { width: 15px; height: 15px; margin-inline-end: .2rem; }
.say, .pinned { margin: 0; padding: .45rem 1rem; font-size: .9rem; background: var(--soft); overflow-wrap: anywhere; }
.say:empty { display: none; }
.pinned { border-top: 1px solid var(--edge); }
.bad { color: var(--bad); }
.log { flex: 1; margin: 0; padding: 1rem; overflow-y: auto; display: flex; flex-direction: column;
  gap: .6rem; overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -3px; box-shadow: none; }
.line { max-width: 85%; align-self: flex-start; }
.line.mine { align-self: flex-end; }
.line.note { align-self: center; max-width: 100%; color: var(--muted); font-size: .9rem; text-align: center; }
.text { width: fit-content; margin: 0; padding: .5rem .8rem; border-radius: 16px; border-end-start-radius: 5px; background: var(--soft);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.mine .text { margin-inline-start: auto; border-radius: 16px; border-end-end-radius: 5px; background: var(--accent); color: var(--on-accent); }
.mine .text a { color: inherit; }
.text a, .pinned a { color: inherit; text-decoration: underline; }
.note .text { width: auto; background: none; padding: 0; }
.by { margin: 0 .25rem .15rem; font-size: .78rem; color: var(--muted); }
.mine .by { text-align: end; }
.bad.by { color: var(--bad); }
.act { display: inline-block; min-height: 28px; margin-inline-start: .4rem; padding: .1rem .6rem; background: none;
  border: 1px solid currentColor; border-radius: 14px; }
canvas { display: block; max-width: 100%; margin-bottom: .35rem; border-radius: 10px; }
.typing { min-height: 1.45em; margin: 0; padding: 0 1rem .2rem; font-size: .85rem; color: var(--muted); }
form { margin: 0; }
.write { position: relative; display: flex; flex-wrap: wrap; align-items: flex-end; gap: .15rem; margin: 0 .6rem .6rem; padding: .25rem .3rem .25rem .5rem;
  border: 1px solid var(--line); border-radius: 24px; }
.write:focus-within { outline: 2px solid var(--accent); outline-offset: -1px; }
textarea, input, select { width: 100%; font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line);
  border-radius: 10px; padding: .45rem .6rem; min-height: 40px; }
.write textarea { flex: 1; width: 0; min-width: 6rem; max-height: 9rem; resize: none; border: 0; outline: 0; box-shadow: none;
  field-sizing: content; }
.tools { display: flex; align-items: center; gap: .1rem; }
.tool { display: inline-flex; align-items: center; justify-content: center; position: relative; width: 36px; height: 38px;
  padding: 0; border: 0; border-radius: 18px; background: none; cursor: pointer; overflow: hidden; }
.tool:hover { background: var(--soft); }
.tool:focus-within { outline: 3px solid var(--fg); outline-offset: -2px; }
.tool input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; vertical-align: middle; }
.write .main { width: 40px; padding: 0; border-radius: 20px; }
[dir="rtl"] .main svg { transform: scaleX(-1); }
.emojis { position: absolute; inset-inline: 0; bottom: calc(100% + .4rem); display: flex; flex-wrap: wrap; gap: .25rem; margin: 0;
  padding: .5rem; background: var(--bg); border: 1px solid var(--edge); border-radius: 14px; box-shadow: 0 8px 30px #0004; }
.emojis button { min-width: 36px; min-height: 36px; padding: 0; background: none; border: 0; border-radius: 10px; font-size: 1.3rem; }
.emojis button:hover { background: var(--soft); }
.main { min-height: 40px; padding: .4rem 1.1rem; border: 1px solid transparent; border-radius: 20px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; }
button:disabled { opacity: .6; cursor: default; }
.other { min-height: 40px; padding: .4rem 1.1rem; border: 1px solid var(--line); border-radius: 20px; background: none; }
.fill { flex: 1; overflow-y: auto; padding: 1.1rem; }
.log .fill { flex: none; padding: .9rem; border: 1px solid var(--line); border-radius: 14px; }
.fill h3 { margin: 0 0 .9rem; font-size: 1.1rem; }
.field { display: block; margin: 0 0 1rem; padding: 0; border: 0; }
.field p { margin: 0; }
.field label, .field legend, .field > span { display: block; padding: 0; margin-bottom: .25rem; font-weight: 600; }
.field .pick { display: flex; align-items: center; gap: .5rem; min-height: 28px; margin: 0; font-weight: 400; }
.pick input { width: 20px; min-height: 20px; height: 20px; flex: none; accent-color: var(--accent); }
.about { margin: .15rem 0; font-size: .85rem; color: var(--muted); }
.needed { font-weight: 400; color: var(--muted); }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: flex-end; }
.foot { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; padding: .75rem; border-top: 1px solid var(--edge); }
:host([data-inline]) .panel { width: 100%; height: var(--parley-height, 32rem); box-shadow: none; }
:host([data-inline]) .sheet, .sheet { height: auto; max-height: none; overflow: visible; }
:host(:not([data-inline])) .sheet { max-height: calc(100dvh - 2rem); overflow: auto; }
.part:empty { display: none; }
.later { flex: 1; overflow-y: auto; }
header .part { flex: 1; }
.panel > .part, .sheet [role] .part { padding: 0 1rem; }
.part p { margin: .6rem 0; }
@media (max-width: 480px), (max-height: 480px) {
  :host(:not([data-inline])) .panel { position: fixed; inset: 0; max-height: none; width: auto; height: auto; border: 0; border-radius: 0; } }
@media (forced-colors: active) { .text, .main { border: 1px solid CanvasText; } }
@media (prefers-reduced-motion: no-preference) { .line { animation: come .15s; } }
@keyframes come { from { opacity: 0; translate: 0 6px; } }
`;
