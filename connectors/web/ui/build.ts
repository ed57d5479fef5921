/** Build what the web process serves, into `../static`, and what the desk serves, into its own. */

import { copyFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type InlineConfig, type Plugin } from "vite";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const OUT = here("../static");
const DESK = here("../../desk/static");

/** Style sheets that stand in scripts, without what is there for people alone. */
const styles: Plugin = {
  name: "styles",
  transform(code, id) {
    if (!id.endsWith(".css.ts")) return null;
    const short = code
      .replace(/\s+/g, " ")
      .replace(/ ?([{};]) ?/g, "$1")
      .replace(/([:,]) /g, "$1")
      .replaceAll(";}", "}");
    return { code: short, map: null };
  },
};

/** One file of one entry: `es` for programs that import it. */
function bundle(
  entry: string,
  fileName: string,
  format: "es" | "iife",
  outDir = OUT,
): InlineConfig {
  return {
    configFile: false,
    root: here("."),
    logLevel: "warn",
    plugins: [styles],
    build: {
      outDir,
      emptyOutDir: false,
      target: "es2022",
      lib: { entry: here(entry), formats: [format], fileName: () => fileName, name: "parley" },
    },
  };
}

await rm(OUT, { recursive: true, force: true });
await build(bundle("client/src/index.ts", "client.js", "es"));
await build(bundle("widget/src/main.ts", "widget.js", "iife"));
await build(bundle("widget/src/chat.tsx", "chat.js", "iife"));
await build(bundle("widget/src/keeping.ts", "extras.js", "iife"));
await build(bundle("widget/src/fallback.ts", "fallback.js", "iife"));
await build(bundle("widget/src/forms.tsx", "forms.js", "iife"));
await build(bundle("widget/src/template.ts", "template.js", "iife"));
await copyFile(here("widget/parley.d.ts"), `${OUT}/parley.d.ts`);

await rm(DESK, { recursive: true, force: true });
await build(bundle("desk/src/main.tsx", "desk.js", "es", DESK));
await copyFile(here("desk/desk.css"), `${DESK}/desk.css`);
