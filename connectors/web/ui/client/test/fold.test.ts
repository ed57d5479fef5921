/**
 * The fold, held against another implementation: recorded connections, with and without losses, and
 * the view that it has at their end. The file of cases is named by PARLEY_FOLDS.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Frame, frameOf } from "../src/frames.ts";
import type { ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo } from "../src/protocol.ts";
import type { Role } from "../src/settings.ts";
import { type ChatView, View } from "../src/view.ts";

interface Shown {
  latest: ChatStatusInfo;
  sentences: ChatSentenceInfo[];
  internal: ChatSentenceInfo[];
  complete: boolean;
  wantsSnapshot: boolean;
  typingUntil: number | null;
}
interface Case {
  recording: string;
  conn: number;
  role: Role;
  lost: number[];
  chats: Record<string, Shown>;
}
interface Line {
  conn?: number;
  at?: number;
  from?: string;
  frame?: [string, unknown, unknown?];
}

const path = process.env.PARLEY_FOLDS;
const cases: Case[] = path ? JSON.parse(readFileSync(path, "utf8")) : [];
const recordings = new URL("../../../../../tests/replay/", import.meta.url);

function linesOf({ recording, conn }: Case): Line[] {
  const text = readFileSync(new URL(recording, recordings), "utf8");
  let at = 0;
  const lines = text.split("\n").flatMap((line): Line[] => {
    if (line === "") return [];
    const found: Line = JSON.parse(line);
    at = found.at ?? at;
    return [{ conn: 1, ...found, at }];
  });
  return lines.filter((line) => line.frame !== undefined && line.conn === conn);
}

function folded(one: Case): View {
  const view = new View(one.role);
  const asked = new Map<unknown, ChatCommandInfo>();
  for (const [place, line] of linesOf(one).entries()) {
    if (one.lost.includes(place)) continue;
    const frame: Frame = frameOf(line.frame);
    const { Id, Re } = frame.headers;
    if (line.from === "broker") view.fold(frame, (line.at ?? 0) / 1e6, asked.get(Re));
    else if (Id !== undefined) asked.set(Id, frame.payload as ChatCommandInfo);
  }
  return view;
}

/** Members that are null, 0 or false are as good as not there. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, one]) => [name, bare(one)] as const);
  return Object.fromEntries(members.filter((entry) => entry[1] || entry[1] === ""));
}

function shown(chat: ChatView): unknown {
  const { complete, wantsSnapshot, latest } = chat;
  const sentences = [...chat.sentences.values()];
  const internal = [...chat.internal.values()];
  return { latest, sentences, internal, complete, wantsSnapshot, typingUntil: chat.typingUntil };
}

const nameOf = (key: string, role: Role): string =>
  role === "workplace" ? String(JSON.parse(key)[0]) : JSON.stringify(JSON.parse(key));

describe.skipIf(path === undefined)("W-22, W-25: what is told comes to the same view", () => {
  test.each(cases.map((one) => [`${one.recording} ${one.conn} without ${one.lost}`, one] as const))(
    "%s",
    (_, one) => {
      const { chats } = folded(one);
      const expected = Object.entries(one.chats).map(([key, chat]) => [
        nameOf(key, one.role),
        chat,
      ]);
      const found = [...chats].map(([key, chat]) => [key, shown(chat)]);
      expect(bare(Object.fromEntries(found))).toEqual(bare(Object.fromEntries(expected)));
    },
  );

  test("there are many", () => {
    expect(cases.length).toBeGreaterThan(200);
    const torn = cases.filter((one) => Object.values(one.chats).some((chat) => !chat.complete));
    expect(torn.length).toBeGreaterThan(20);
  });
});
