/** What is loaded where no WebSocket can be had. */

import { polling } from "../../client/src/polling.ts";

export const FALLBACK = { polling };
export type Fallback = typeof FALLBACK;

if (typeof window !== "undefined") Object.assign(window.Parley ?? {}, FALLBACK);
