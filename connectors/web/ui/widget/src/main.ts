/** The script that a page has a tag for. */

import { begin } from "./launcher.ts";

begin(document.currentScript as HTMLScriptElement | null);
