/** The look of the conversation. */
export const CHAT_CSS = `
.panel { position: relative; display: flex; flex-direction: column; width: min(23.5rem, calc(100vw - 2rem));
  height: min(36rem, calc(100vh - 2rem)); height: min(36rem, calc(100dvh - 2rem)); background: var(--bg); color: var(--fg);
  border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 6px 30px #0006; overflow: hidden; text-align: start; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .6rem .6rem .6rem 1rem; background: var(--accent);
  color: var(--on-accent); }
header h2 { flex: 1 0 auto; margin: 0; font-size: 1rem; }
header button { min-width: 32px; min-height: 32px; padding: .2rem .5rem; background: transparent;
  border: 1px solid var(--on-accent); border-radius: 6px; }
header :focus-visible { outline-color: var(--on-accent); }
.invite { width: min(20rem, calc(100vw - 2rem)); margin-bottom: .75rem; padding: 1rem; background: var(--bg); color: var(--fg);
  border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 2px 10px #0005; }
.invite p { margin: 0 0 .75rem; }
.say { margin: 0; padding: .5rem 1rem; background: var(--soft); border-bottom: 1px solid var(--line); }
.say:empty { display: none; }
.bad { color: var(--bad); }
.log { flex: 1; margin: 0; padding: 1rem; overflow-y: auto; display: flex; flex-direction: column;
  gap: .6rem; overscroll-behavior: contain; }
.line { max-width: 85%; align-self: flex-start; }
.line.mine { align-self: flex-end; }
.line.note { align-self: center; max-width: 100%; color: var(--muted); text-align: center; }
.text { margin: 0; padding: .5rem .75rem; border-radius: 10px; background: var(--soft); white-space: pre-wrap;
  overflow-wrap: anywhere; }
.mine .text { background: var(--accent); color: var(--on-accent); }
.mine .text a { color: inherit; }
.text a { color: inherit; text-decoration: underline; }
.note .text { background: none; padding: 0; }
.by { margin: 0 .25rem .15rem; font-size: .8rem; color: var(--muted); }
.mine .by { text-align: end; }
.act { display: inline-block; min-height: 28px; margin-inline-start: .4rem; padding: .1rem .5rem; background: none;
  border: 1px solid currentColor; border-radius: 6px; }
.typing { min-height: 1.45em; margin: 0; padding: 0 1rem; font-size: .85rem; color: var(--muted); }
form { margin: 0; }
.write { display: flex; gap: .5rem; padding: .6rem; border-top: 1px solid var(--line); }
textarea, input, select { width: 100%; font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line);
  border-radius: 8px; padding: .45rem .6rem; min-height: 40px; }
.write textarea { resize: none; height: 5.6em; }
.tools { flex: none; display: flex; flex-wrap: wrap; gap: .35rem; justify-content: flex-end; align-content: flex-start; width: 5.6rem; }
.tools .main { flex: 1 0 100%; }
.tool { display: inline-flex; align-items: center; justify-content: center; flex: 1; min-width: 36px; min-height: 36px;
  position: relative; background: none; border: 1px solid var(--line); border-radius: 8px; cursor: pointer; overflow: hidden; }
.tool:focus-within { outline: 3px solid var(--fg); outline-offset: 2px; }
.tool input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }
.emojis { position: absolute; inset-inline: .6rem; bottom: 5.5rem; display: flex; flex-wrap: wrap; gap: .25rem; margin: 0;
  padding: .5rem; background: var(--bg); border: 1px solid var(--line); border-radius: 10px; box-shadow: 0 2px 10px #0005; }
.emojis button { min-width: 36px; min-height: 36px; background: none; border: 0; border-radius: 6px; font-size: 1.3rem; }
header canvas { width: 32px; height: 32px; margin: 0; border-radius: 50%; }
canvas { display: block; max-width: 100%; margin-bottom: .35rem; border-radius: 6px; }
.far { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.main { min-height: 40px; padding: .4rem .9rem; border: 1px solid transparent; border-radius: 8px;
  background: var(--accent); color: var(--on-accent); }
.main:disabled { opacity: .6; cursor: default; }
.other { min-height: 40px; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: none; }
.fill { flex: 1; overflow-y: auto; padding: 1rem; }
.log .fill { flex: none; padding: .75rem; border: 1px solid var(--line); border-radius: 10px; }
.fill h3 { margin: 0 0 .75rem; font-size: 1rem; }
.field { margin: 0 0 1rem; padding: 0; border: 0; }
.field label, .field legend { display: block; padding: 0; margin-bottom: .25rem; font-weight: 600; }
.field .pick { display: flex; align-items: center; gap: .5rem; min-height: 28px; margin: 0; font-weight: 400; }
.pick input { width: 20px; min-height: 20px; height: 20px; flex: none; }
.about { margin: .15rem 0; font-size: .85rem; color: var(--muted); }
.needed { font-weight: 400; color: var(--muted); }
.buttons { display: flex; gap: .5rem; justify-content: flex-end; }
.foot { display: flex; justify-content: center; padding: .75rem; border-top: 1px solid var(--line); }
@media (max-width: 480px), (max-height: 480px) {
  .panel { position: fixed; inset: 0; width: auto; height: auto; border: 0; border-radius: 0; } }
@media (forced-colors: active) { .text, .main { border: 1px solid CanvasText; } }
`;
